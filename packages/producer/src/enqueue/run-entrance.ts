// A run on its way into the shards: opened in each before something of it enters there, and confirmed and
// closed in all of them when it is all taken in. Each shard counts its own part of the run.

import { asProducer } from "@postrider/redis/connect";
import type { Entrance } from "@postrider/redis/scripts/admit";
import { closeRun } from "@postrider/redis/scripts/close-run";
import { confirmCount, openRun } from "@postrider/redis/scripts/open-run";
import { toActionRef } from "@postrider/shared/action-ref";
import { homeOf } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import { toRetryPolicy } from "@postrider/shared/retry";
import type { SavedAction } from "../actions/saved-versions.ts";
import { CHUNK } from "./chunks.ts";
import type { DeliveryFrame } from "./enqueue.ts";
import type { Taken, Way, Ways } from "./ways.ts";

/** A look at the backlog costs a round trip, so far from the mark it is good for some chunks. */
const CHUNKS_PER_LOOK_MAX = 8;

export interface RunEntranceOptions {
  readonly ways: Ways;
  readonly saved: SavedAction;
  /** Null: the run is a new one. */
  readonly begun: RunBegun | null;
  /** What all deliveries of the run have in common. */
  readonly frame: DeliveryFrame & { readonly run: string };
  readonly backlogMax: number;
}

export interface RunEntrance {
  /**
   * Opens the run in all shards that answer, and checks that it is the same where it exists.
   * @returns how many deliveries it has already.
   * @throws `run_mismatch`, `run_cancelled`; `redis_unavailable` where no shard answers.
   */
  open(): Promise<number>;
  /** Where what is behind the first so many of the run enters. @throws what `open` throws. */
  enter(way: Way, before: number): Promise<Entrance>;
  /**
   * How many more chunks may be taken in before the next look; 0: it is full. @param before how many of the
   * run were taken in.
   */
  lookForRoom(before: number): Promise<number>;
  note(taken: Taken): void;
  /** Checks that the shards count at least as many as they have acknowledged. @throws `redis_lost`. */
  confirm(): Promise<void>;
  /** No more of it will come. */
  close(): Promise<void>;
}

export function createRunEntrance({
  ways,
  saved,
  begun,
  frame,
  backlogMax,
}: RunEntranceOptions): RunEntrance {
  const { run } = frame;
  // The same moment in all shards, also in those that come later, so that all list it at the same place.
  const at = begun?.at ?? Date.now();
  const facts = { action: toActionRef(saved), lane: frame.lane ?? chooseLane(true), at };
  const opened = new Map<Way, Promise<number>>();
  const acknowledged = new Map<Way, number>();
  let refusal: PostriderError | undefined;
  const openPart = (way: Way): Promise<number> =>
    openRun(way.shard, run, { ...facts, isPart: !ways.hasOne() });
  let isInParts = !ways.hasOne();
  /** Where there was one shard when it was opened, that learns that it has a part of the run only. */
  const tellOfParts = async (): Promise<void> => {
    if (isInParts || ways.hasOne()) return;
    isInParts = true;
    await Promise.all([...opened.keys()].map(openPart));
  };
  const openIn = (way: Way): Promise<number> => {
    const known = opened.get(way);
    if (known !== undefined) return known;
    const opening = tellOfParts()
      .then(() => openPart(way))
      .catch((error: unknown) => {
        opened.delete(way);
        throw error;
      });
    opened.set(way, opening);
    return opening;
  };
  const toEntrance = (way: Way, before: number): Entrance => {
    const ownLane = way.routing.toRun(run, saved, before) ?? way.routing.toDestination(saved);
    const queue = way.lanes.queue(ownLane?.lane ?? homeOf(frame));
    return { queue, ownLane, run, attempts: toRetryPolicy(saved.action.retry).attempts, refusal };
  };
  return {
    async open() {
      const counts = await ways.ask(openIn);
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async enter(way, before) {
      await openIn(way);
      return toEntrance(way, before);
    },
    async lookForRoom(before) {
      const looked = await ways.ask(async (way) => {
        const { queue, ownLane } = toEntrance(way, before);
        return { ...(await way.lanes.backlog(queue.name)), isHeld: ownLane?.isHeld === true };
      });
      const lying = looked.reduce((sum, { waiting, delayed }) => sum + waiting + delayed, 0);
      const room = backlogMax - lying;
      // Nothing ends in a held run's lane, so the wait would be for ever. What is there already may come
      // again.
      const isHeld = looked.some((one) => one.isHeld);
      refusal = room <= 0 && isHeld ? fullRun(run, backlogMax) : undefined;
      if (refusal !== undefined) return 1;
      const chunks = Math.floor(room / (CHUNK * ways.all().length));
      return room <= 0 ? 0 : Math.min(CHUNKS_PER_LOOK_MAX, Math.max(1, chunks));
    },
    note({ by }) {
      for (const [way, enqueued] of by) acknowledged.set(way, (acknowledged.get(way) ?? 0) + enqueued);
    },
    async confirm() {
      const confirmOne = async ([way, count]: readonly [Way, number]): Promise<void> =>
        confirmCount(way.shard, run, (await openIn(way)) + count);
      const all = ways.all().map((way) => [way, acknowledged.get(way) ?? 0] as const);
      await Promise.all(all.filter(([way]) => opened.has(way)).map(confirmOne));
    },
    async close() {
      const closed = await asProducer(() => Promise.all(ways.all().map(({ shard }) => closeRun(shard, run))));
      if (!closed.includes(true)) throw new PostriderError("run_unknown", `no run is called ${run}`);
    },
  };
}

/** What a run was opened with before. */
export interface RunBegun {
  /** `id@version`. */
  readonly action: string;
  /** Unix ms of its first part. */
  readonly at: number;
}

/** Null when there is no such run. */
export async function findRunBegun(ways: Ways, run: string): Promise<RunBegun | null> {
  const found = await ways.ask(({ shard }) => shard.redis.hmget(shard.keys.run(run), "action", "createdAt"));
  const begun = found.flatMap(([action, at]) =>
    typeof action === "string" ? [{ action, at: Number(at) }] : [],
  );
  const [first] = begun.sort((one, other) => one.at - other.at);
  return first ?? null;
}

function fullRun(run: string, backlogMax: number): PostriderError {
  return new PostriderError(
    "run_full",
    `the run ${run} is held and has ${backlogMax} deliveries, as many as POSTRIDER_BACKLOG_MAX (backlogMax) lets wait in one lane; raise that, or release the run, and enqueue the same run again: only what is missing is taken in`,
  );
}
