// Runs: batches of deliveries enqueued together, with counters that add up, and the switches that stop and
// let go of them.

import { setTimeout as sleep } from "node:timers/promises";
import { cancelledRun } from "@postrider/redis/cancelled-run";
import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { LaneQueues } from "@postrider/redis/lane-queues";
import { readRunFacts } from "@postrider/redis/run-facts";
import { toRunState } from "@postrider/redis/run-state";
import { cancelRun, closeRun } from "@postrider/redis/scripts/close-run";
import { confirmCount, openRun } from "@postrider/redis/scripts/open-run";
import { type ReleasePath, release, releaseAgain } from "@postrider/redis/scripts/release";
import type { Shard } from "@postrider/redis/shard";
import { homeOf } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import { toRunLane } from "../enqueue/routing.ts";
import type { Run } from "./run.ts";
import { count, countClaimed, estimateEnd } from "./run-counters.ts";
import { isOver, type WaitOptions, waitForEnd } from "./run-end.ts";

/** Where a run stands in the list of all. */
export type RunPlace = Pick<Run, "run" | "createdAt">;

export interface Runs {
  /** A run's facts and counters. @throws `run_unknown`. */
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
  /**
   * Opens a run, or checks that the one that exists is the same.
   * @returns how many deliveries it has already.
   * @throws `run_mismatch`, `run_cancelled`.
   */
  open(run: string, facts: { action: string; lane: string }): Promise<number>;
  /** Checks that Redis counts at least as many deliveries as it has acknowledged. @throws `redis_lost`. */
  confirm(run: string, acknowledged: number): Promise<void>;
  /** The action version with which a run was opened; null when there is no such run. */
  actionOf(run: string): Promise<string | null>;
}

/** Every worker has looked at the registry by then. */
const KNOWN_MS = 2_000;
/** Deliveries of a cancelled run that one step takes: few milliseconds of Redis' time. */
const PROMOTED_AT_ONCE = 500;

export interface RunsOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly lanes: LaneQueues;
  readonly findOrigin: FindActionOrigin;
}

export function createRuns({ shard, directory, lanes, findOrigin }: RunsOptions): Runs {
  const get = (run: string): Promise<Run> => readRun(run, shard, directory);
  const change = async (run: string, next: (entry: OwnLane) => OwnLane): Promise<OwnLane | undefined> => {
    const facts = await asProducer(() => readRunFacts(shard, run));
    if (facts === null) throw unknown(run);
    const origin = await findOrigin(facts.action);
    const toNext = (entry: OwnLane | undefined): OwnLane =>
      next(entry ?? toRunLane(run, origin, directory.now()));
    return asProducer(() => directory.update(ownLaneName("run", run), toNext, facts));
  };
  const refuseCancelled = async (run: string): Promise<void> => {
    if ((await asProducer(() => shard.redis.hget(shard.keys.run(run), "isCancelled"))) !== null)
      throw cancelledRun(run);
  };

  return {
    get,
    async list(limit, after) {
      const first = after === undefined ? 0 : await findFirstBehind(shard, after);
      const names = await asProducer(() =>
        shard.redis.zrevrange(shard.keys.runs(), first, first + limit - 1),
      );
      const runs: Run[] = [];
      for (const name of names) runs.push(await get(name));
      return runs;
    },
    async close(run) {
      if (!(await asProducer(() => closeRun(shard, run)))) throw unknown(run);
    },
    wait: (run, waiting) => waitForEnd(() => get(run), waiting),
    async pause(run) {
      await refuseCancelled(run);
      await change(run, (entry) => ({ ...entry, isPaused: true }));
    },
    async resume(run) {
      await refuseCancelled(run);
      const entry = await change(run, ({ isPaused: _, ...rest }) => rest);
      if (entry?.isHeld !== true) return;
      // A worker that does not know yet would put them back.
      await sleep(KNOWN_MS);
      const path = await toReleasePath(shard, run);
      await asProducer(() => releaseAgain(shard, path));
    },
    async cancel(run) {
      // First, so that no producer takes anything in after the lane has been forgotten again.
      if (!(await asProducer(() => cancelRun(shard, run)))) throw unknown(run);
      await change(run, ({ isPaused: _, isHeld: __, ...entry }) => ({ ...entry, isCancelled: true }));
      await endDelayed(run, lanes);
    },
    hold: async (run) => void (await change(run, (entry) => ({ ...entry, isHeld: true }))),
    async release(run, deliveryId) {
      await refuseCancelled(run);
      if (deliveryId === undefined) return void (await change(run, ({ isHeld: _, ...entry }) => entry));
      const path = await toReleasePath(shard, run);
      const isReleased = await asProducer(() => release(shard, deliveryId, path));
      if (!isReleased)
        throw new PostriderError("delivery_unknown", `${deliveryId} does not wait in the held run ${run}`);
    },
    open: (run, facts) => openRun(shard, run, facts),
    confirm: (run, acknowledged) => confirmCount(shard, run, acknowledged),
    actionOf: (run) => asProducer(() => shard.redis.hget(shard.keys.run(run), "action")),
  };
}

/** The place behind a run; where that is forgotten, the first of those that are no newer. */
async function findFirstBehind(shard: Shard, { run, createdAt }: RunPlace): Promise<number> {
  const place = await asProducer(() => shard.redis.zrevrank(shard.keys.runs(), run));
  if (place !== null) return place + 1;
  return asProducer(() => shard.redis.zcount(shard.keys.runs(), `(${createdAt}`, "+inf"));
}

async function readRun(run: string, shard: Shard, directory: LaneDirectory): Promise<Run> {
  await asProducer(() => directory.refresh());
  // Counters are read before the claims, so a delivery that ends in between is counted once, as ended or as
  // waiting.
  const fields = await asProducer(() => shard.redis.hgetall(shard.keys.run(run)));
  const { action, lane, createdAt } = fields;
  if (action === undefined || lane === undefined) throw unknown(run);
  const claimed = await asProducer(() => countClaimed(shard, directory, run, lane));
  const counters = count(fields, claimed);
  const entry = directory.get(ownLaneName("run", run));
  const ends = { closedAt: toTime(fields["closedAt"]), completedAt: toTime(fields["completedAt"]) };
  return {
    run,
    state: toRunState(entry, fields, isOver({ ...ends, ...counters })),
    action,
    lane,
    createdAt: Number(createdAt),
    ...ends,
    ...counters,
    ...(await asProducer(() => estimateEnd(shard, run, fields, counters))),
  };
}

/**
 * What is delayed need not wait until it is due to end. A worker that does not know yet would send what is
 * made due now.
 */
async function endDelayed(run: string, lanes: LaneQueues): Promise<void> {
  await sleep(KNOWN_MS);
  await asProducer(() => lanes.queue(ownLaneName("run", run)).promoteJobs({ count: PROMOTED_AT_ONCE }));
}

/** From where to where what is released by itself moves. */
async function toReleasePath(shard: Shard, run: string): Promise<ReleasePath> {
  const lane = await asProducer(() => shard.redis.hget(shard.keys.run(run), "lane"));
  if (lane === null) throw unknown(run);
  return { from: ownLaneName("run", run), home: homeOf({ run, lane }) };
}

function toTime(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function unknown(run: string): PostriderError {
  return new PostriderError("run_unknown", `no run is called ${run}`);
}
