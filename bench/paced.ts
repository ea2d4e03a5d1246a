// What deliveries cost that come at a rate, rather than as fast as they can: a process that has less to do
// asks Redis for fewer at once, so that each costs more. Deliveries come by the load generator that users
// have, to its receiver; everything is read from outside.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createLoadCustomers, LOAD_ACTION, toLoadAction } from "@postrider/cli/load/load-action";
import { createLoadSchedule } from "@postrider/cli/load/load-schedule";
import { type LoadReport, runLoad } from "@postrider/cli/load/run-load";
import { createProducer } from "@postrider/producer/producer";
import { toWorker } from "./cases/postrider.ts";
import { type Child, cpuMicros, startChild } from "./child.ts";
import type { Bench } from "./measure.ts";

export interface Load {
  readonly ratePerSecond: number;
  readonly forMs: number;
  readonly latencyMs: number;
  readonly payloadBytes: number;
  readonly failures: number;
}

/** CPU times and bytes are per second. */
export interface Paced {
  readonly nodeMicros: number;
  readonly redisMicros: number;
  readonly redisReadBytes: number;
  readonly redisWrittenBytes: number;
  /** To Redis, of the workers alone, all the time. */
  readonly redisConnections: number;
  /** That the load has made: a destination that fails or is slow gets one. */
  readonly ownLanes: number;
  readonly report: LoadReport;
}

export interface PacedWorkers {
  /** @throws where a delivery is lost or doubled. */
  measure(load: Load): Promise<Paced>;
  /** CPU time per second of workers and Redis that have nothing to do. */
  measureIdle(forMs: number): Promise<Pick<Paced, "nodeMicros" | "redisMicros">>;
  close(): Promise<void>;
}

const SETTLE_MS = 120_000;

export interface PacedInstallation {
  readonly processes: number;
  readonly concurrency: number;
  /** All on the one Redis; each process serves all of them. */
  readonly shards?: number;
}

/** Starts so many workers on an empty Redis. */
export async function startPaced(
  { world, lane, folder }: Bench,
  { processes, concurrency, shards = 1 }: PacedInstallation,
): Promise<PacedWorkers> {
  await lane.clear();
  const producer = await createProducer({ redis: world.redisUrl, shards });
  const others = await lane.connections();
  const { command, env = {} } = toWorker(
    { redisUrl: world.redisUrl, concurrency },
    { POSTRIDER_SHARDS: String(shards) },
  );
  const workers: Child[] = Array.from({ length: processes }, (_, index) =>
    startChild(command, { env, log: join(folder, `paced-${index}.log`) }),
  );
  const spent = async () => {
    const [node, redis, network] = await Promise.all([
      Promise.all(workers.map(cpuMicros)),
      lane.cpuMicros(),
      lane.networkBytes(),
    ]);
    return { node: node.reduce((sum, micros) => sum + micros, 0), redis, network, at: performance.now() };
  };
  type Spent = Awaited<ReturnType<typeof spent>>;
  const toRates = (before: Spent, after: Spent) => {
    const seconds = (after.at - before.at) / 1_000;
    return {
      nodeMicros: (after.node - before.node) / seconds,
      redisMicros: (after.redis - before.redis) / seconds,
      redisReadBytes: (after.network.read - before.network.read) / seconds,
      redisWrittenBytes: (after.network.written - before.network.written) / seconds,
    };
  };
  return {
    async measure({ ratePerSecond, forMs, ...load }) {
      let before = await spent();
      let after = before;
      const running = runLoad({
        ...load,
        producer,
        schedule: createLoadSchedule(ratePerSecond, forMs),
        listen: { host: "127.0.0.1", port: 0 },
        settleMs: SETTLE_MS,
        token: randomUUID(),
        signal: new AbortController().signal,
        onStart: async () => {
          before = await spent();
        },
        onEnd: async () => {
          after = await spent();
        },
      });
      const report = await Promise.race([running, ...workers.map(({ failure }) => failure)]);
      if (report.lost + report.doubled > 0)
        throw new Error(`of ${report.count} deliveries ${report.lost} are lost, ${report.doubled} doubled`);
      const redisConnections = (await lane.connections()) - others;
      const { total: ownLanes } = await producer.ownLanes.top(0);
      return { ...toRates(before, after), redisConnections, ownLanes, report };
    },
    async measureIdle(forMs) {
      const before = await spent();
      await new Promise((resolve) => setTimeout(resolve, forMs));
      return toRates(before, await spent());
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await producer.close();
    },
  };
}

const GROUP = 500;

/** What deliveries with so many bytes of customer take up in Redis while they wait, each. */
export async function measureWaiting(
  { world, lane }: Bench,
  { payloadBytes, count }: { readonly payloadBytes: number; readonly count: number },
): Promise<number> {
  await lane.clear();
  const producer = await createProducer({ redis: world.redisUrl });
  const toCustomer = createLoadCustomers(payloadBytes);
  try {
    await producer.actions.apply(toLoadAction(LOAD_ACTION, world.sinkUrl));
    // What is made once, as keys of lanes and of charts, is no delivery's.
    await producer.enqueueAll([{ action: LOAD_ACTION, customer: toCustomer(count) }]);
    const before = await lane.dataBytes();
    for (let first = 0; first < count; first += GROUP)
      await producer.enqueueAll(
        Array.from({ length: Math.min(GROUP, count - first) }, (_, place) => ({
          action: LOAD_ACTION,
          customer: toCustomer(first + place),
          key: `waiting-${first + place}`,
        })),
      );
    return ((await lane.dataBytes()) - before) / count;
  } finally {
    await producer.close();
  }
}
