// What lies in lanes: the one place that counts, and that says what BullMQ's parts of a lane mean together.

import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** Lanes that one script looks at, so that Redis is held up for a millisecond or two at most. */
const LANES_AT_ONCE = 500;
/** BullMQ keeps a delayed job's time in ms above twelve bits of order. */
export const DELAY_UNIT = 0x1000;

/** BullMQ's parts of a lane that hold deliveries, in the order in which COUNT names them. */
const PARTS = ["wait", "paused", "prioritized", "delayed", "active", "failed"] as const;
type Part = (typeof PARTS)[number];

export interface LaneCounts {
  /**
   * Due, and not claimed, as far as BullMQ has taken notice: one whose delay is over may still be among the
   * delayed.
   */
  readonly waiting: number;
  readonly delayed: number;
  /** Delayed ones that are due at the time that was asked for. */
  readonly due: number;
  readonly inFlight: number;
  readonly deadLetters: number;
}

export const NOTHING_THERE: LaneCounts = { waiting: 0, delayed: 0, due: 0, inFlight: 0, deadLetters: 0 };

/**
 * `count(lane, due)`: what lies in that lane, or nil where nothing does: most lanes are empty, and cost one
 * look. `due` is the highest score of a delayed one that counts as due. A lane's keys are made here, since
 * all of them are nine times as many bytes as its name; ARGV 1 is their prefix, and KEYS 1 is in their slot.
 */
const COUNT = `
local function count(lane, due)
  local of = ARGV[1] .. ":" .. lane .. ":"
  local wait, paused, prioritized, delayed, active, failed = ${PARTS.map((part) => `of .. "${part}"`).join(", ")}
  if redis.call("EXISTS", wait, paused, prioritized, delayed, active, failed) == 0 then return nil end
  local later = redis.call("ZCARD", delayed)
  return redis.call("LLEN", wait) + redis.call("LLEN", paused) + redis.call("ZCARD", prioritized), later,
    later > 0 and redis.call("ZCOUNT", delayed, "-inf", due) or 0, redis.call("LLEN", active), redis.call("ZCARD", failed)
end
`;

/**
 * Input: KEYS totals; ARGV prefix, the score, lanes. Output: of each lane that is not empty its number, from
 * 1, and its five counts.
 */
const COUNT_LANES = `${COUNT}
local found = {}
for i = 3, #ARGV do
  local waiting, delayed, due, inFlight, failed = count(ARGV[i], ARGV[2])
  if waiting then
    for _, one in ipairs({i - 2, waiting, delayed, due, inFlight, failed}) do found[#found + 1] = one end
  end
end
return found
`;
const COUNTS = 6;

/**
 * Counts what lies in lanes; those in which nothing lies are left out.
 * @param dueAt Unix ms by Redis' clock at which a delayed one counts as due.
 */
export async function countLanes(
  shard: Shard,
  lanes: readonly string[],
  dueAt = 0,
): Promise<ReadonlyMap<string, LaneCounts>> {
  const counts = new Map<string, LaneCounts>();
  for (let from = 0; from < lanes.length; from += LANES_AT_ONCE) {
    const some = lanes.slice(from, from + LANES_AT_ONCE);
    const found = (await shard.redis.eval(
      COUNT_LANES,
      1,
      shard.keys.totals(),
      shard.keys.prefix,
      dueAt * DELAY_UNIT,
      ...some,
    )) as number[];
    for (let at = 0; at < found.length; at += COUNTS) {
      const [number = 0, waiting = 0, delayed = 0, due = 0, inFlight = 0, deadLetters = 0] = found.slice(
        at,
        at + COUNTS,
      );
      counts.set(some[number - 1] ?? "", { waiting, delayed, due, inFlight, deadLetters });
    }
  }
  return counts;
}

/** Whether a delivery lies in a lane that has not ended; a dead letter has. */
export function holdsDeliveries({ waiting, delayed, inFlight }: LaneCounts): boolean {
  return waiting + delayed + inFlight > 0;
}

/**
 * Input: KEYS totals; ARGV prefix, lanes. Output: {enqueued, ended, waiting in the lanes, claimed from them},
 * all of one moment.
 */
const TAKE_BALANCE = `${COUNT}
local waiting, claimed = 0, 0
for i = 2, #ARGV do
  local here, delayed, _, active = count(ARGV[i], "-inf")
  if here then
    waiting = waiting + here + delayed
    claimed = claimed + active
  end
end
local totals = redis.call("HMGET", KEYS[1], "enqueued", "ended")
return {tonumber(totals[1] or 0), tonumber(totals[2] or 0), waiting, claimed}
`;

export interface Balance {
  /** Ever. */
  readonly enqueued: number;
  readonly ended: number;
  /** In the lanes now: not claimed, and claimed. */
  readonly waiting: number;
  readonly claimed: number;
}

/** The ledger's totals and what lies in all these lanes, read at one moment. */
export async function readBalance(shard: Shard, lanes: readonly string[]): Promise<Balance> {
  const [enqueued = 0, ended = 0, waiting = 0, claimed = 0] = (await shard.redis.eval(
    TAKE_BALANCE,
    1,
    shard.keys.totals(),
    shard.keys.prefix,
    ...lanes,
  )) as number[];
  return { enqueued, ended, waiting, claimed };
}

const IDS_AT_ONCE = 5_000;

/**
 * The ids of what waits in a lane, or is claimed from it; a few thousand at a time. What moves meanwhile may
 * be missed, or come twice.
 */
export async function* readIds(
  shard: Shard,
  lane: string,
  which: "waiting" | "claimed",
): AsyncGenerator<string> {
  const parts: readonly Part[] =
    which === "claimed" ? ["active"] : ["wait", "paused", "delayed", "prioritized"];
  for (const part of parts) {
    const key = shard.keys.ofLane(lane, part);
    for (let from = 0; ; from += IDS_AT_ONCE) {
      const until = from + IDS_AT_ONCE - 1;
      const ids = await (part === "delayed" || part === "prioritized"
        ? shard.redis.zrange(key, String(from), String(until))
        : shard.redis.lrange(key, from, until));
      yield* ids;
      if (ids.length < IDS_AT_ONCE) break;
    }
  }
}

/** The ids of what is claimed from each of these lanes. */
export async function readClaimed(shard: Shard, lanes: readonly string[]): Promise<string[][]> {
  const pipeline = shard.redis.pipeline();
  for (const lane of lanes) pipeline.lrange(shard.keys.ofLane(lane, "active"), 0, -1);
  return readReplies(await pipeline.exec()) as string[][];
}

/** What the totals' fields of shared lanes begin with. */
export const LANE_FIELD = "lane:";

/** The shared lanes that were ever enqueued to. */
export async function readSharedLanes(shard: Shard): Promise<string[]> {
  const fields = await shard.redis.hkeys(shard.keys.totals());
  return fields.flatMap((field) => (field.startsWith(LANE_FIELD) ? [field.slice(LANE_FIELD.length)] : []));
}

/**
 * The lanes with due deliveries that BullMQ would hand over: neither paused, nor held by their rate. It reads
 * no more keys than that takes, so that it can be told also where claiming fails, as by Redis' access rules.
 * @param now Unix ms by Redis' clock.
 */
export async function findReady(
  shard: Shard,
  lanes: readonly string[],
  now: number,
): Promise<ReadonlySet<string>> {
  const { redis, keys } = shard;
  const pipeline = redis.pipeline();
  for (const lane of lanes) {
    pipeline.llen(keys.ofLane(lane, "wait"));
    pipeline.zcount(keys.ofLane(lane, "delayed"), "-inf", now * DELAY_UNIT);
    pipeline.hexists(keys.ofLane(lane, "meta"), "paused");
    pipeline.exists(keys.ofLane(lane, "limiter"));
  }
  const replies = readReplies(await pipeline.exec()).map(Number);
  return new Set(
    lanes.filter((_, index) => {
      const [waiting = 0, due = 0, isPaused = 0, isHeld = 0] = replies.slice(4 * index, 4 * index + 4);
      return waiting + due > 0 && isPaused + isHeld === 0;
    }),
  );
}

export interface Backlog {
  /** Due, and not yet claimed. */
  readonly waiting: number;
  /** Due later: a retry, or sendAt. */
  readonly delayed: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  /** For how long the delivery that waits the longest has been due, in ms; 0 where none waits. */
  readonly oldestAgeMs: number;
}

/** Reads a lane's counts, and for how long its oldest waiting delivery has been due. */
export async function readBacklog(shard: Shard, lane: string, now: number): Promise<Backlog> {
  const [counts, oldest] = await Promise.all([
    countLanes(shard, [lane]),
    // BullMQ pushes at the head and claims at the tail.
    shard.redis.lindex(shard.keys.ofLane(lane, "wait"), -1),
  ]);
  const { waiting, delayed, inFlight, deadLetters } = counts.get(lane) ?? NOTHING_THERE;
  const dueAt = oldest === null ? 0 : await readDueTime(shard, shard.keys.job(lane, oldest));
  const oldestAgeMs = dueAt > 0 ? Math.max(0, now - dueAt) : 0;
  return { waiting, delayed, inFlight, deadLetters, oldestAgeMs };
}

/** What of an attempt's record tells when the next one was due; nothing of one that is sealed. */
type LastAttempt = Partial<Pick<AttemptRecord, "at" | "verdict">>;

/**
 * BullMQ forgets a job's delay once it is over: the first one stands in its options still, a retry's in the
 * record of the last attempt.
 */
async function readDueTime(shard: Shard, job: string): Promise<number> {
  const pipeline = shard.redis.pipeline().hmget(job, "timestamp", "opts").lindex(`${job}:logs`, -1);
  const [facts, record] = readReplies(await pipeline.exec());
  const [timestamp, options] = facts as [string | null, string | null];
  const { delay = 0 } = JSON.parse(options ?? "{}") as { delay?: number };
  const { at = 0, verdict } = JSON.parse((record as string | null) ?? "{}") as LastAttempt;
  return Math.max(Number(timestamp) + delay, at + (verdict?.delayMs ?? 0));
}
