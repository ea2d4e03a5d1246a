// The ledger's count held against what lies in the lanes: what is missing was lost, what is too much was taken in or ended behind the
// ledger's back.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";

export interface Imbalance {
  /** Deliveries that were accepted, have not ended and lie in no lane. */
  readonly lost: number;
  /** Deliveries that wait although the ledger says that nothing is left of them. */
  readonly surplus: number;
}

/**
 * What is missing or too much. A delivery in flight that has ended is not settled yet; it may lie there for a moment more, so it is
 * taken for neither.
 */
export function weigh(open: number, waiting: number, claimed: number): Imbalance {
  return { lost: Math.max(0, open - waiting - claimed), surplus: Math.max(0, waiting - Math.max(0, open)) };
}

/**
 * Input: KEYS totals, then per lane BullMQ's active, wait, paused, delayed, prioritized.
 * Output: {enqueued, ended, waiting in the lanes, claimed from them}, all of one moment.
 */
const TAKE_STOCK = `
local claimed, waiting = 0, 0
for i = 2, #KEYS, 5 do
  claimed = claimed + redis.call("LLEN", KEYS[i])
  waiting = waiting + redis.call("LLEN", KEYS[i + 1]) + redis.call("LLEN", KEYS[i + 2])
    + redis.call("ZCARD", KEYS[i + 3]) + redis.call("ZCARD", KEYS[i + 4])
end
local totals = redis.call("HMGET", KEYS[1], "enqueued", "ended")
return {tonumber(totals[1] or 0), tonumber(totals[2] or 0), waiting, claimed}
`;

/** All deliveries of the shard. */
export async function takeStock(shard: Shard, directory: LaneDirectory): Promise<Imbalance> {
  const lanes = [...(await readSharedLanes(shard)), ...directory.all().map(({ lane }) => lane)];
  const names = lanes.flatMap((lane) =>
    ["active", "wait", "paused", "delayed", "prioritized"].map((part) => shard.keys.ofLane(lane, part)),
  );
  const [enqueued = 0, ended = 0, waiting = 0, claimed = 0] = (await shard.redis.eval(
    TAKE_STOCK,
    names.length + 1,
    shard.keys.totals(),
    ...names,
  )) as number[];
  return weigh(enqueued - ended, waiting, claimed);
}

/** The shared lanes that were ever enqueued to. */
export async function readSharedLanes(shard: Shard): Promise<string[]> {
  const fields = await shard.redis.hkeys(shard.keys.totals());
  return fields.filter((field) => field.startsWith("lane:")).map((field) => field.slice("lane:".length));
}

/** Those that hold deliveries and that no worker serves. */
export async function findUnservedLanes(shard: Shard): Promise<string[]> {
  const [lanes, served] = await Promise.all([
    readSharedLanes(shard),
    shard.redis.zrange(shard.keys.servedLanes(), 0, "-1"),
  ]);
  const unserved = lanes.filter((lane) => !served.includes(lane));
  const pipeline = shard.redis.pipeline();
  for (const lane of unserved)
    pipeline.exists(...["wait", "active", "delayed"].map((part) => shard.keys.ofLane(lane, part)));
  const replies = (await pipeline.exec()) ?? [];
  return unserved.filter((_, index) => Number(replies[index]?.[1] ?? 0) > 0).sort();
}
