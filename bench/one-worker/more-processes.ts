// Whether a second worker process carries as much as the first: what a delivery costs where each of one and
// of two processes has the same load. On cores of their own two carry so many times as much as one, as twice
// the cost of one process is to that of two: whatever one process costs the other, as claims that find less
// and more wake-ups, is CPU time of theirs.

import type { Bench } from "../measure.ts";
import { startPaced } from "../paced.ts";
import { type Spread, toRatio, toSpread } from "../statistics.ts";

export interface ProcessesOptions {
  /** Of each process. */
  readonly ratePerSecond: number;
  readonly latencyMs: number;
  readonly concurrency: number;
  readonly forMs: number;
  readonly rounds: number;
}

export interface MoreProcesses {
  /** CPU time of the processes for each delivery, in µs. */
  readonly one: Spread;
  readonly two: Spread;
  /** The same of Redis. */
  readonly redisOfOne: Spread;
  readonly redisOfTwo: Spread;
  /** How many times as much as one process two carry. */
  readonly carries: Spread;
}

const PAYLOAD_BYTES = 200;

export async function measureProcesses(bench: Bench, options: ProcessesOptions): Promise<MoreProcesses> {
  const { ratePerSecond, latencyMs, concurrency, forMs, rounds } = options;
  const measure = async (processes: number) => {
    const workers = await startPaced(bench, { processes, concurrency });
    try {
      const rate = processes * ratePerSecond;
      const load = { ratePerSecond: rate, forMs, latencyMs, payloadBytes: PAYLOAD_BYTES, failures: 0 };
      await workers.measure(load);
      const { nodeMicros, redisMicros } = await workers.measure(load);
      return { node: nodeMicros / rate, redis: redisMicros / rate };
    } finally {
      await workers.close();
    }
  };
  const ones: Awaited<ReturnType<typeof measure>>[] = [];
  const twos: typeof ones = [];
  for (let round = 0; round < rounds; round++) {
    ones.push(await measure(1));
    twos.push(await measure(2));
  }
  const nodeOf = (some: typeof ones): number[] => some.map(({ node }) => node);
  const redisOf = (some: typeof ones): number[] => some.map(({ redis }) => redis);
  return {
    one: toSpread(nodeOf(ones)),
    two: toSpread(nodeOf(twos)),
    redisOfOne: toSpread(redisOf(ones)),
    redisOfTwo: toSpread(redisOf(twos)),
    carries: toRatio(
      nodeOf(ones).map((micros) => 2 * micros),
      nodeOf(twos),
    ),
  };
}
