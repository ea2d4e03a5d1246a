// WITHDRAW: ends one delivery that waits, in one atomic step: it leaves its lane, and its outcome is recorded
// as any other is.

import type { Shard } from "../shard.ts";
import {
  type Entry,
  RECORD,
  type RecordCommand,
  type RecordOptions,
  toCommand,
  WRITTEN,
  type Written,
} from "./record-attempt.ts";

/**
 * Input and output: RECORD's, of one delivery; -1 also where it does not wait in that lane.
 */
const WITHDRAW = `
local parts, id, waits = string.sub(KEYS[4], 1, -1 - #"active"), ARGV[4], redis.call("EXISTS", KEYS[3]) == 1
if waits then
  local found = redis.call("ZREM", parts .. "delayed", id) + redis.call("LREM", parts .. "wait", -1, id)
  waits = found > 0
end
if not waits then return {-1} end
${RECORD}`;

/** Whoever trims the stream of outcomes does it: the workers, who know how many are kept. */
const NO_TRIM = Number.MAX_SAFE_INTEGER;

/** Ends a waiting delivery. */
export type Withdraw = (entry: Entry) => Promise<Written>;

/** @returns from the returned function: `lost` where it does not wait in that lane (any more). */
export function createWithdraw({ redis, keys }: Shard, options: RecordOptions): Withdraw {
  redis.defineCommand("postriderWithdraw", { lua: WITHDRAW });
  const { postriderWithdraw } = redis as unknown as { postriderWithdraw: RecordCommand };
  const outcomesKept = options.outcomesKept === 0 ? 0 : NO_TRIM;
  return async (entry) => {
    const { names, values } = toCommand(keys, [entry], { ...options, outcomesKept });
    const [written = -1] = await postriderWithdraw.call(redis, names.length, ...names, ...values);
    return WRITTEN[written] ?? "lost";
  };
}
