// Whether a second worker process carries as much as the first. Two at full speed, Redis and the receiver do
// not fit into two cores, and what one of them had to wait for the other would be the machine's doing. So
// each process is held to a part of a core, by stopping it again and again, and always has enough that waits:
// what two deliver for their CPU time, against what one does, is what each would do on a core of its own.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { toWorker } from "../cases/postrider.ts";
import { type Child, cpuMicros, startChild } from "../child.ts";
import { BASE } from "../curves/axes.ts";
import { createCurveDeliveries } from "../curves/curve-deliveries.ts";
import { untilAccepted } from "../curves/curve-point.ts";
import { startCurveReceiver } from "../curves/curve-receiver.ts";
import type { Bench } from "../measure.ts";
import { type Spread, toRatio, toSpreads } from "../statistics.ts";

export interface ProcessesOptions {
  /** Of a core, for each process. */
  readonly share: number;
  readonly latencyMs: number;
  /** Of each process. */
  readonly inFlight: number;
  readonly forMs: number;
  readonly rounds: number;
}

export interface MoreProcesses {
  readonly one: CarriedSpread;
  readonly two: CarriedSpread;
  /** How many times as much as one process two carry. */
  readonly carries: Spread;
}

interface Carried {
  readonly perSecond: number;
  /** CPU time for each delivery, in µs. */
  readonly nodeMicros: number;
  readonly redisMicros: number;
}

type CarriedSpread = Readonly<Record<keyof Carried, Spread>>;

const WARM_UP = 10_000;
/** Kept ahead of each process, for each second: more than one delivers. */
const WAITING_PER_SECOND = 15_000;
/** Until groups are as large as they are to be. */
const SETTLE_MS = 2_000;
const PERIOD_MS = 50;

export async function measureProcesses(bench: Bench, options: ProcessesOptions): Promise<MoreProcesses> {
  const ones: Carried[] = [];
  const twos: Carried[] = [];
  for (let round = 0; round < options.rounds; round++) {
    // Which comes first changes, so that nothing that grows over time favours either.
    if (round % 2 === 0) ones.push(await measure(bench, 1, options));
    twos.push(await measure(bench, 2, options));
    if (round % 2 === 1) ones.push(await measure(bench, 1, options));
  }
  return {
    one: toSpreads(ones),
    two: toSpreads(twos),
    carries: toRatio(
      ones.map(({ nodeMicros }) => 2 * nodeMicros),
      twos.map(({ nodeMicros }) => nodeMicros),
    ),
  };
}

async function measure(bench: Bench, processes: number, options: ProcessesOptions): Promise<Carried> {
  const { share, latencyMs, inFlight, forMs } = options;
  const { lane, world } = bench;
  await lane.clear();
  const receiver = await startCurveReceiver({ destinations: 1, latencyMs, failures: 0 });
  const producer = await createProducer({ redis: world.redisUrl });
  const deliveries = createCurveDeliveries(producer, BASE, receiver.port);
  await deliveries.prepare();
  const workers = startWorkers(bench, processes, inFlight);
  let hold: Disposable | null = null;
  try {
    const [first] = workers;
    const waiting = Math.ceil((processes * WAITING_PER_SECOND * (forMs + SETTLE_MS)) / 1_000);
    receiver.expect(0, WARM_UP * processes + waiting);
    await deliveries.enqueue(0, WARM_UP * processes);
    await untilAccepted(receiver, first as Child, WARM_UP * processes);
    await lane.pause();
    await deliveries.enqueue(WARM_UP * processes, waiting);
    hold = holdTo(share, workers);
    await lane.resume();
    await sleep(SETTLE_MS);
    const spent = async () => {
      const node = (await Promise.all(workers.map(cpuMicros))).reduce((sum, micros) => sum + micros, 0);
      return { node, redis: await lane.cpuMicros(), count: receiver.accepted(), at: performance.now() };
    };
    const before = await spent();
    await Promise.race([sleep(forMs), ...workers.map(({ failure }) => failure)]);
    const after = await spent();
    if (receiver.accepted() >= WARM_UP * processes + waiting) throw new Error("nothing was left: --for less");
    const count = after.count - before.count;
    return {
      perSecond: (1_000 * count) / (after.at - before.at),
      nodeMicros: (after.node - before.node) / count,
      redisMicros: (after.redis - before.redis) / count,
    };
  } finally {
    hold?.[Symbol.dispose]();
    await Promise.all(workers.map((worker) => worker.stop()));
    await producer.close();
    await receiver.close();
  }
}

function startWorkers({ world, folder }: Bench, processes: number, inFlight: number): Child[] {
  const { command, env = {} } = toWorker(
    { redisUrl: world.redisUrl, concurrency: inFlight },
    // All go to one destination.
    { POSTRIDER_CONNECTIONS_PER_DESTINATION: String(Math.max(100, inFlight)) },
  );
  return Array.from({ length: processes }, (_, index) =>
    startChild(command, { env, log: join(folder, `processes-${index}.log`) }),
  );
}

/** Whoever waits for the workers hears of one that has ended. */
function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Lets each run for a part of every period, one after the other, until it is disposed of. */
function holdTo(share: number, workers: readonly Child[]): Disposable {
  const timers = new Set<NodeJS.Timeout>();
  let isHeld = true;
  const later = (ms: number, pid: number, signal: "SIGSTOP" | "SIGCONT"): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (isHeld) tell(pid, signal);
    }, ms);
    timers.add(timer);
  };
  const period = setInterval(() => {
    workers.forEach(({ pid }, index) => {
      const from = (index * PERIOD_MS) / workers.length;
      later(from, pid, "SIGCONT");
      later(from + share * PERIOD_MS, pid, "SIGSTOP");
    });
  }, PERIOD_MS);
  return {
    [Symbol.dispose]() {
      isHeld = false;
      clearInterval(period);
      for (const timer of timers) clearTimeout(timer);
      for (const { pid } of workers) tell(pid, "SIGCONT");
    },
  };
}
