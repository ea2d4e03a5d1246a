// The beginning of a run: whoever enqueues into it opens it, the first time as at any later one, and makes
// sure that Redis has kept what it has acknowledged.

import { PostriderError } from "@postrider/shared/errors";
import { cancelledRun } from "../cancelled-run.ts";
import { asProducer } from "../connect.ts";
import { RUN_KEPT_SECONDS } from "../keys.ts";
import type { Shard } from "../shard.ts";

/**
 * Input: KEYS run, runs; ARGV run, action, lane, now, ttl seconds, 1 where other shards have parts of it.
 * Output: {action, lane, whether cancelled, enqueued} of the run as it stands.
 */
const OPEN = `
-- What has told its end by itself is not told of once more with the others.
local hasEnded = redis.call("HEXISTS", KEYS[1], "completedAt") + redis.call("HEXISTS", KEYS[1], "isCancelled") > 0
if ARGV[6] == "1" and not hasEnded then redis.call("HSET", KEYS[1], "isPart", "1") end
redis.call("HSETNX", KEYS[1], "action", ARGV[2])
redis.call("HSETNX", KEYS[1], "lane", ARGV[3])
redis.call("HSETNX", KEYS[1], "createdAt", ARGV[4])
local left = redis.call("TTL", KEYS[1])
if redis.call("HEXISTS", KEYS[1], "isCancelled") == 0 and left < tonumber(ARGV[5]) then redis.call("EXPIRE", KEYS[1], ARGV[5]) end
redis.call("ZADD", KEYS[2], redis.call("HGET", KEYS[1], "createdAt"), ARGV[1])
return redis.call("HMGET", KEYS[1], "action", "lane", "isCancelled", "enqueued")
`;

/** What a run is opened with. */
export interface OpenedWith {
  /** `id@version`. */
  readonly action: string;
  readonly lane: string;
  /** Unix ms; now unless given. */
  readonly at?: number;
  /** Whether other shards have parts of it, too: its end is told once then, of all of them together. */
  readonly isPart?: boolean;
}

/** @returns how many deliveries it has already. @throws `run_mismatch`, `run_cancelled`. */
export async function openRun(
  shard: Shard,
  run: string,
  { action, lane, at = Date.now(), isPart = false }: OpenedWith,
): Promise<number> {
  const reply = await asProducer(() =>
    shard.redis.eval(
      OPEN,
      2,
      shard.keys.run(run),
      shard.keys.runs(),
      run,
      action,
      lane,
      at,
      RUN_KEPT_SECONDS,
      isPart ? 1 : 0,
    ),
  );
  const [openedWith, openedIn, isCancelled, enqueued] = reply as [string, string, string?, string?];
  if (isCancelled !== null && isCancelled !== undefined) throw cancelledRun(run);
  if (openedWith === action && openedIn === lane) return Number(enqueued ?? 0);
  throw new PostriderError(
    "run_mismatch",
    `the run ${run} exists with ${openedWith} in lane ${openedIn}, not with ${action} in ${lane}; choose another run id, or enqueue ${openedWith} to go on with it`,
  );
}

/** @throws `redis_lost`. */
export async function confirmCount(shard: Shard, run: string, acknowledged: number): Promise<void> {
  const counted = Number((await asProducer(() => shard.redis.hget(shard.keys.run(run), "enqueued"))) ?? 0);
  if (counted >= acknowledged) return;
  throw new PostriderError(
    "redis_lost",
    `Redis has acknowledged ${acknowledged} deliveries of the run ${run} and counts ${counted}, as after a failover; enqueue the same run again: only what is missing is taken in`,
  );
}
