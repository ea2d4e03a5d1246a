// How long one worker process takes from the claim of a delivery until its request is on the way, at a rate.
// The claim's time is told by the worker's own traces, of a part of the deliveries; when the request has come
// is seen at the receiver, on the same clock, since both run on this machine. What lies between is a bound of
// what is asked: it includes the way to the receiver and the receiver's own turn.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Quantiles, toQuantiles } from "@postrider/cli/load/arrivals";
import { createLoadSchedule } from "@postrider/cli/load/load-schedule";
import { createProducer } from "@postrider/producer/producer";
import { type ReceivedSpan, startOtlpReceiver } from "../../tests/support/otlp-receiver.ts";
import { toWorker } from "../cases/postrider.ts";
import { cpuMicros, startChild } from "../child.ts";
import { BASE } from "../curves/axes.ts";
import { type CurveDeliveries, createCurveDeliveries } from "../curves/curve-deliveries.ts";
import { untilAccepted } from "../curves/curve-point.ts";
import { startCurveReceiver } from "../curves/curve-receiver.ts";
import type { Bench } from "../measure.ts";

export interface LatencyOptions {
  readonly ratePerSecond: number;
  readonly latencyMs: number;
  readonly forMs: number;
  readonly inFlight: number;
}

export interface ClaimLatency {
  readonly perSecond: number;
  /** Traced deliveries that the figures are of. */
  readonly count: number;
  /** From claim to the head of the request at the receiver, in ms. */
  readonly toReceiverMs: Quantiles | null;
  /** From claim to handing the request to the HTTP client. */
  readonly toClientMs: Quantiles | null;
  /** Part of one core that the worker used. */
  readonly workerLoad: number;
  /** Deliveries that were due and had not come when the time was over. */
  readonly behind: number;
}

/** Enough for a 99th percentile, and little work for the worker. */
const TRACED_PER_SECOND = 100;
const WARM_UP = 10_000;
const TICK_MS = 5;
/** Until the worker has handed its latest spans on. */
const TOLD_MS = 8_000;

export async function measureClaimLatency(bench: Bench, options: LatencyOptions): Promise<ClaimLatency> {
  const { ratePerSecond, latencyMs, forMs, inFlight } = options;
  await bench.lane.clear();
  const cameAt = new Map<string, number>();
  const receiver = await startCurveReceiver({
    destinations: 1,
    latencyMs,
    failures: 0,
    came: (key) => void cameAt.set(key, performance.timeOrigin + performance.now()),
  });
  const collector = await startOtlpReceiver();
  const producer = await createProducer({ redis: bench.world.redisUrl });
  const deliveries = createCurveDeliveries(producer, BASE, receiver.port);
  await deliveries.prepare();
  const { command, env = {} } = toWorker(
    { redisUrl: bench.world.redisUrl, concurrency: inFlight },
    {
      // All go to one destination.
      POSTRIDER_CONNECTIONS_PER_DESTINATION: String(Math.max(100, inFlight)),
      POSTRIDER_TRACES_ENDPOINT: collector.url,
      POSTRIDER_TRACES_RATIO: String(Math.min(1, TRACED_PER_SECOND / ratePerSecond)),
    },
  );
  const worker = startChild(command, { env, log: join(bench.folder, "latency.log") });
  try {
    const schedule = createLoadSchedule(ratePerSecond, forMs);
    receiver.expect(0, WARM_UP + schedule.count);
    await deliveries.enqueue(0, WARM_UP);
    await untilAccepted(receiver, worker, WARM_UP);
    cameAt.clear();
    const before = await cpuMicros(worker);
    const startedAt = performance.now();
    await Promise.race([enqueueAsDue(deliveries, schedule, startedAt), worker.failure]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const arrived = receiver.accepted() - WARM_UP;
    const used = (await cpuMicros(worker)) - before;
    await Promise.race([sleep(TOLD_MS), worker.failure]);
    return {
      ...toQuantilesOf(collector.spans, cameAt),
      perSecond: arrived / seconds,
      workerLoad: used / 1e6 / seconds,
      behind: schedule.count - arrived,
    };
  } finally {
    await worker.stop();
    await producer.close();
    await receiver.close();
    await collector.close();
  }
}

/** @param cameAt when the requests of what was measured came, in Unix ms, by delivery. */
function toQuantilesOf(
  spans: readonly ReceivedSpan[],
  cameAt: ReadonlyMap<string, number>,
): Pick<ClaimLatency, "count" | "toReceiverMs" | "toClientMs"> {
  const sends = new Map(
    spans.filter(({ kind }) => kind === "CLIENT").map((span) => [span.parentSpanId, span]),
  );
  const measured = spans.flatMap(({ name, spanId, attributes, startMs }) => {
    const at = cameAt.get(String(attributes["messaging.message.id"]));
    const send = sends.get(spanId);
    if (!name.startsWith("claim ") || at === undefined || send === undefined) return [];
    return [{ toReceiver: Math.max(0, at - startMs), toClient: send.startMs - startMs }];
  });
  return {
    count: measured.length,
    toReceiverMs: toQuantiles(Float64Array.from(measured, ({ toReceiver }) => toReceiver)),
    toClientMs: toQuantiles(Float64Array.from(measured, ({ toClient }) => toClient)),
  };
}

async function enqueueAsDue(
  deliveries: CurveDeliveries,
  { count, dueBy }: ReturnType<typeof createLoadSchedule>,
  startedAt: number,
): Promise<void> {
  for (let next = 0; next < count; ) {
    const due = dueBy(performance.now() - startedAt);
    if (due > next) await deliveries.enqueue(WARM_UP + next, due - next);
    next = Math.max(next, due);
    await sleep(TICK_MS);
  }
}
