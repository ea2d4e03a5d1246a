// Dead letters by the thousand, written straight into Redis as a worker leaves them: failing so many for real
// would take minutes.

import { toDeliveryId } from "@postrider/shared/delivery";
import { type Reason, toLaneMark } from "@postrider/shared/outcome";
import type { Redis } from "ioredis";
import { shardKeys } from "./keys.ts";

export interface Letters {
  readonly count: number;
  readonly run: string;
  /** `id@version`. */
  readonly action?: string;
  readonly lane?: string;
  readonly reason?: Reason;
  readonly labels?: readonly string[];
  /** Of the last attempt. */
  readonly destination?: string;
  /** Unix ms of the first; each further one failed a millisecond later. */
  readonly from?: number;
  /** How many fail in the same millisecond. */
  readonly perMs?: number;
}

/** One script each. */
const CHUNK = 5_000;

/**
 * Input: KEYS prefix of the jobs, failed, prefix of the marks; ARGV index of the first, time of the first,
 * how many fail in the same millisecond, action, run, reason, labels as JSON, the end of each log
 * line, then ids.
 */
const BURY = `
local first, from, perMs, action, run, reason, labels, log = unpack(ARGV, 1, 8)
for i = 9, #ARGV do
  local id, index = ARGV[i], first + i - 9
  local at = string.format("%d", from + math.floor(index / perMs))
  local data = '{"v":1,"action":"' .. action .. '","run":"' .. run .. '","labels":' .. labels .. ',"customer":{"id":"c' .. index .. '"}}'
  redis.call("HSET", KEYS[1] .. id, "name", "delivery", "data", data, "opts", '{"attempts":3,"backoff":{"type":"custom"}}',
    "timestamp", at - 1000, "delay", 0, "priority", 0, "atm", 3, "ats", 3, "failedReason", reason, "finishedOn", at)
  redis.call("RPUSH", KEYS[1] .. id .. ":logs", '{"attempt":3,"at":' .. at .. log)
  redis.call("ZADD", KEYS[2], at, id)
  redis.call("SET", KEYS[3] .. id, "failed " .. reason .. " 500 3 " .. at, "PX", 3600000)
end
`;

/** Buries deliveries of a run, for customers `c0`, `c1`, … @returns their ids, oldest first. */
export async function bury(redis: Redis, letters: Letters): Promise<string[]> {
  const { count, run, action = "a@1", lane = "bulk", reason = "reply_5xx", from = Date.now() } = letters;
  const ids = Array.from({ length: count }, (_, index) => toDeliveryId({ run, customerId: `c${index}` }));
  const names = [shardKeys.job(lane, ""), shardKeys.ofLane(lane, "failed"), shardKeys.outcome("")];
  const labels = JSON.stringify(letters.labels ?? []);
  const log = toLogEnd(reason, letters.destination ?? null);
  for (let start = 0; start < count; start += CHUNK) {
    const facts = [start, from, letters.perMs ?? 1, action, run, reason, labels, log].map(String);
    await redis.eval(BURY, names.length, ...names, ...facts, ...ids.slice(start, start + CHUNK));
  }
  const counted = await redis.hincrby(shardKeys.run(run), "enqueued", count);
  await redis.hset(shardKeys.run(run), { action, lane, createdAt: from, failed: counted });
  await redis.hincrby(shardKeys.run(run), `failed:${reason}`, count);
  await redis.zadd(shardKeys.runs(), from, run);
  await redis.hincrby(shardKeys.totals(), "enqueued", count);
  await redis.hincrby(shardKeys.totals(), "ended", count);
  await redis.hset(shardKeys.totals(), `lane:${lane}`, 1);
  return ids;
}

/** What follows the attempt's number and time in its record. */
function toLogEnd(reason: Reason, destination: string | null): string {
  const rest = {
    destination,
    finding: { kind: "reply", status: 500, headers: {}, body: "no", isCut: false },
    verdict: { kind: "ended", outcome: "failed", reason },
    timings: { composeMs: 1, firstByteMs: 2, totalMs: 3 },
  };
  return `,${JSON.stringify(rest).slice(1)}`;
}

/** Where deliveries lie in one lane, by their marks and by the lane itself; the two must agree. */
export async function takeStock(redis: Redis, lane: string, ids: readonly string[]) {
  const failed = new Set(await redis.zrange(shardKeys.ofLane(lane, "failed"), "0", "-1"));
  const waiting = new Set(await redis.lrange(shardKeys.ofLane(lane, "wait"), 0, -1));
  const marks = await redis.mget(ids.map((id) => shardKeys.outcome(id)));
  const isSound = (id: string, mark: string | null | undefined): boolean =>
    failed.has(id) !== waiting.has(id) &&
    (failed.has(id) ? mark?.startsWith("failed ") === true : mark === toLaneMark(lane));
  return {
    dead: ids.filter((id) => failed.has(id)).length,
    waiting: ids.filter((id) => waiting.has(id)).length,
    unsound: ids.filter((id, index) => !isSound(id, marks[index])),
  };
}
