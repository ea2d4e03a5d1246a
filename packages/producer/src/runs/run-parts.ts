// The part of runs that lies in one shard: its counters, and the switches that stop and let go of it.

import { setTimeout as sleep } from "node:timers/promises";
import { cancelledRun } from "@postrider/redis/cancelled-run";
import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { LaneQueues } from "@postrider/redis/lane-queues";
import { readRunFacts } from "@postrider/redis/run-facts";
import { toRunState } from "@postrider/redis/run-state";
import { closeRun, toCancelRun } from "@postrider/redis/scripts/close-run";
import { noteArrival } from "@postrider/redis/scripts/note-arrival";
import { type OpenedWith, openRun } from "@postrider/redis/scripts/open-run";
import { type ReleasePath, release, releaseAgain } from "@postrider/redis/scripts/release";
import type { Shard } from "@postrider/redis/shard";
import type { Script } from "@postrider/redis/transact";
import { homeOf } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import { toRunLane } from "../enqueue/routing.ts";
import type { Run } from "./run.ts";
import { count, countClaimed, estimateEnd } from "./run-counters.ts";
import { isOver } from "./run-end.ts";

/** Where a run stands in the list of all. */
export type RunPlace = Pick<Run, "run" | "createdAt">;

/** What a run was opened with, and whether more of it may come. */
export type RunBegun = Pick<Run, "action" | "lane" | "createdAt" | "closedAt">;

/** All throw `run_unknown` where the shard has nothing of the run, and `redis_unavailable`. */
export interface RunParts {
  get(run: string): Promise<Run>;
  /** The newest ones' names and times, newest first. @param after goes on behind this one. */
  list(limit: number, after?: RunPlace): Promise<RunPlace[]>;
  /** What it was opened with; null: there is nothing of it. */
  facts(run: string): Promise<RunBegun | null>;
  open(run: string, opened: OpenedWith): Promise<number>;
  close(run: string): Promise<void>;
  /** @param isTold whether this shard tells it as an event. @throws `run_cancelled`. */
  pause(run: string, isTold: boolean): Promise<void>;
  /** @param isTold whether this shard tells it as an event. @throws `run_cancelled`. */
  resume(run: string, isTold: boolean): Promise<void>;
  cancel(run: string): Promise<void>;
  hold(run: string): Promise<void>;
  /** @throws `run_cancelled`. */
  release(run: string): Promise<void>;
  /** @throws `run_cancelled`, `delivery_unknown`. */
  releaseOne(run: string, deliveryId: string): Promise<void>;
}

/** Every worker has looked at the registry by then. */
const KNOWN_MS = 2_000;
/** Deliveries of a cancelled run that one step takes: few milliseconds of Redis' time. */
const PROMOTED_AT_ONCE = 500;

export interface RunPartsOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly lanes: LaneQueues;
  readonly findOrigin: FindActionOrigin;
}

export function createRunParts({ shard, directory, lanes, findOrigin }: RunPartsOptions): RunParts {
  const get = (run: string): Promise<Run> => readRun(run, shard, directory);
  const change = async (
    run: string,
    next: (entry: OwnLane) => OwnLane,
    { isTold = true, also }: { isTold?: boolean; also?: Script } = {},
  ): Promise<OwnLane | undefined> => {
    const facts = await asProducer(() => readRunFacts(shard, run));
    if (facts === null) throw unknownRun(run);
    const origin = await findOrigin(facts.action);
    const toNext = (entry: OwnLane | undefined): OwnLane =>
      next(entry ?? toRunLane(run, origin, directory.now()));
    return asProducer(() => directory.update(ownLaneName("run", run), toNext, isTold ? facts : null, also));
  };
  const refuseCancelled = async (run: string): Promise<void> => {
    if ((await asProducer(() => shard.redis.hget(shard.keys.run(run), "isCancelled"))) !== null)
      throw cancelledRun(run);
  };

  return {
    get,
    async list(limit, after) {
      const first = after === undefined ? 0 : await findFirstBehind(shard, after);
      const found = await asProducer(() =>
        shard.redis.zrevrange(shard.keys.runs(), first, first + limit - 1, "WITHSCORES"),
      );
      return found.flatMap((run, at) => (at % 2 === 0 ? [{ run, createdAt: Number(found[at + 1]) }] : []));
    },
    async facts(run) {
      const [action, lane, createdAt, closedAt] = await asProducer(() =>
        shard.redis.hmget(shard.keys.run(run), "action", "lane", "createdAt", "closedAt"),
      );
      if (typeof action !== "string" || typeof lane !== "string") return null;
      return { action, lane, createdAt: Number(createdAt), closedAt: toTime(closedAt ?? undefined) };
    },
    open: (run, opened) => openRun(shard, run, opened),
    async close(run) {
      if (!(await asProducer(() => closeRun(shard, run)))) throw unknownRun(run);
    },
    async pause(run, isTold) {
      await refuseCancelled(run);
      await change(run, (entry) => ({ ...entry, isPaused: true }), { isTold });
    },
    async resume(run, isTold) {
      await refuseCancelled(run);
      const entry = await change(run, ({ isPaused: _, ...rest }) => rest, { isTold });
      if (entry?.isHeld !== true) return;
      // A worker that does not know yet would put them back.
      await sleep(KNOWN_MS);
      const path = await toReleasePath(shard, run);
      await asProducer(() => releaseAgain(shard, path));
    },
    async cancel(run) {
      // Workers go by the lane and producers by the run: one step for both, so that nothing is called
      // cancelled that is sent, or taken in and never sent.
      await change(run, ({ isPaused: _, isHeld: __, ...entry }) => ({ ...entry, isCancelled: true }), {
        also: toCancelRun(shard, run),
      });
      await endDelayed(run, shard, lanes);
    },
    hold: async (run) => void (await change(run, (entry) => ({ ...entry, isHeld: true }))),
    async release(run) {
      await refuseCancelled(run);
      await change(run, ({ isHeld: _, ...entry }) => entry);
    },
    async releaseOne(run, deliveryId) {
      await refuseCancelled(run);
      const path = await toReleasePath(shard, run);
      const isReleased = await asProducer(() => release(shard, deliveryId, path));
      if (!isReleased)
        throw new PostriderError("delivery_unknown", `${deliveryId} does not wait in the held run ${run}`);
    },
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
  if (action === undefined || lane === undefined) throw unknownRun(run);
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
async function endDelayed(run: string, shard: Shard, lanes: LaneQueues): Promise<void> {
  await sleep(KNOWN_MS);
  const lane = ownLaneName("run", run);
  await asProducer(() => lanes.queue(lane).promoteJobs({ count: PROMOTED_AT_ONCE }));
  await asProducer(() => noteArrival(shard, lane));
}

/** From where to where what is released by itself moves. */
async function toReleasePath(shard: Shard, run: string): Promise<ReleasePath> {
  const lane = await asProducer(() => shard.redis.hget(shard.keys.run(run), "lane"));
  if (lane === null) throw unknownRun(run);
  return { from: ownLaneName("run", run), home: homeOf({ run, lane }) };
}

function toTime(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export function unknownRun(run: string): PostriderError {
  return new PostriderError("run_unknown", `no run is called ${run}`);
}
