// Runs: batches of deliveries enqueued together, with counters that add up, and the switches that stop and
// let go of them. Each shard has its own part of a run.

import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { Run } from "./run.ts";
import { type WaitOptions, waitForEnd } from "./run-end.ts";
import { type RunParts, type RunPlace, unknownRun } from "./run-parts.ts";
import { addRuns } from "./runs-sum.ts";

export type { RunPlace } from "./run-parts.ts";

export interface Runs {
  /**
   * A run's facts and counters. While a shard is away they lack its part, and the run is not completed.
   * @throws `run_unknown`.
   */
  get(run: string): Promise<Run>;
  /** The newest runs, newest first. @param after goes on behind this one. */
  list(limit: number, after?: RunPlace): Promise<Run[]>;
  /**
   * No more will be enqueued: with its last delivery the run is completed. Enqueueing more opens it again.
   * @throws `run_unknown`.
   */
  close(run: string): Promise<void>;
  /**
   * Waits until the run is closed and nothing is left of it, or the time is up. @throws `run_unknown`,
   * `aborted`.
   */
  wait(run: string, options?: WaitOptions): Promise<Run>;
  /**
   * Nothing more of the run is sent, wherever it waits, until it is resumed.
   * @throws `run_unknown`, `run_cancelled`.
   */
  pause(run: string): Promise<void>;
  /**
   * Goes on. Of a run that is held, too, only what was released by itself: that takes some two seconds, until
   * every worker knows.
   * @throws `run_unknown`, `run_cancelled`.
   */
  resume(run: string): Promise<void>;
  /**
   * Nothing more of the run is sent, ever: what waits ends as cancelled; of what is not due yet, what lies in
   * lanes that it shares with others ends when it is due. Resolves when every worker knows, after some two
   * seconds.
   * @throws `run_unknown`.
   */
  cancel(run: string): Promise<void>;
  /** Its deliveries wait until they are released. @throws `run_unknown`. */
  hold(run: string): Promise<void>;
  /**
   * Lets a held run go, or one delivery of it. @throws `run_unknown`, `run_cancelled`, `delivery_unknown`.
   */
  release(run: string, deliveryId?: string): Promise<void>;
}

interface WithRuns extends ShardPart {
  readonly runParts: RunParts;
}

export function createRuns(over: OverShards<WithRuns>): Runs {
  const ofEach = (run: string) => (part: WithRuns) => unlessUnknown(part.runParts.get(run));
  const sum = (run: string, parts: readonly (Run | null)[], isPartial: boolean): Run => {
    const known = parts.filter((part) => part !== null);
    const added = addRuns(known, isPartial);
    if (added !== null) return added;
    if (!isPartial) throw unknownRun(run);
    throw new PostriderError(
      "redis_unavailable",
      `no shard that answers knows the run ${run}; the shards ${over.away().join(", ")} do not answer`,
    );
  };
  const get = async (run: string): Promise<Run> => {
    const parts = await over.ask(ofEach(run));
    // Not by who is away now: one that did not answer may do so again by the time the slowest has.
    return sum(run, parts, parts.length < over.places().length);
  };
  const switchAll = createSwitchAll(over);
  return {
    get,
    async list(limit, after) {
      const listed = await over.ask(({ runParts }) => runParts.list(limit, after));
      const runs: Run[] = [];
      for (const run of toNewest(listed.flat(), limit)) {
        // One that is forgotten meanwhile is none any more.
        const found = await unlessUnknown(get(run));
        if (found !== null) runs.push(found);
      }
      return runs;
    },
    close: (run) => switchAll(run, (parts) => parts.close(run)),
    wait: (run, waiting) => waitForEnd(() => get(run), waiting),
    pause: (run) => switchAll(run, (parts, isFirst) => parts.pause(run, isFirst)),
    resume: (run) => switchAll(run, (parts, isFirst) => parts.resume(run, isFirst)),
    cancel: (run) => switchAll(run, (parts) => parts.cancel(run)),
    hold: (run) => switchAll(run, (parts) => parts.hold(run)),
    release: (run, deliveryId) =>
      deliveryId === undefined
        ? switchAll(run, (parts) => parts.release(run))
        : releaseOne(over, run, deliveryId),
  };
}

type Switch = (parts: RunParts, isFirst: boolean) => Promise<void>;

/**
 * @returns what switches a run in all shards. One that has nothing of the run yet, as it was away when it was
 * opened, learns of it first: what of the run enters there later must find the switch.
 */
function createSwitchAll(over: OverShards<WithRuns>): (run: string, work: Switch) => Promise<void> {
  return async (run, work) => {
    const all = await over.ask(async ({ shard, runParts }) => ({ shard, facts: await runParts.facts(run) }));
    const [known] = all.filter(({ facts }) => facts !== null);
    const facts = known?.facts ?? null;
    if (known === undefined || facts === null) throw unknownRun(run);
    const opened = { action: facts.action, lane: facts.lane, at: facts.createdAt, isPart: true };
    // A part that nobody closes would keep a run from its end that is closed everywhere else.
    const isClosed = all.some((one) => one.facts !== null && one.facts.closedAt !== null);
    await over.insist(async ({ shard, runParts }) => {
      const isFirst = shard === known.shard;
      try {
        await work(runParts, isFirst);
      } catch (error) {
        if (!hasCode(error, "run_unknown") || isFirst) throw error;
        await runParts.open(run, opened);
        if (isClosed) await runParts.close(run);
        await work(runParts, isFirst);
      }
    });
  };
}

/** A shard may have nothing of the run, though it is the delivery's home by now: it came later. */
async function releaseOne(over: OverShards<WithRuns>, run: string, deliveryId: string): Promise<void> {
  let isKnown = false;
  try {
    await over.ofDelivery(deliveryId, "delivery_unknown", async ({ runParts }) => {
      try {
        await runParts.releaseOne(run, deliveryId);
      } catch (error) {
        if (!hasCode(error, "run_unknown")) {
          isKnown = true;
          throw error;
        }
        throw new PostriderError("delivery_unknown", unknownRun(run).message, { cause: error });
      }
    });
  } catch (error) {
    if (isKnown || !hasCode(error, "delivery_unknown")) throw error;
    throw unknownRun(run);
  }
}

async function unlessUnknown<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "run_unknown")) return null;
    throw error;
  }
}

/** Each run once, at the time at which its first part was opened. */
function toNewest(places: readonly RunPlace[], limit: number): string[] {
  const times = new Map<string, number>();
  for (const { run, createdAt } of places)
    times.set(run, Math.min(createdAt, times.get(run) ?? Number.POSITIVE_INFINITY));
  return [...times]
    .sort(([oneRun, one], [otherRun, other]) => other - one || (oneRun < otherRun ? 1 : -1))
    .slice(0, limit)
    .map(([run]) => run);
}
