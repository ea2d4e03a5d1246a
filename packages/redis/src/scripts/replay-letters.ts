// REPLAY: puts a dead letter back into a lane, in one atomic step. Whatever dies in between, a letter has
// been moved, marked and counted, or nothing of it has changed.

import { IN_LANE, RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { ShardKeys } from "../keys.ts";
import { ENSURE_LANE, toEnsure } from "../lane-directory.ts";
import type { Shard } from "../shard.ts";
import { transactAsProducer } from "../transact.ts";
import { ADD_WAITING, CARRY } from "./lane-fragments.ts";

/**
 * Puts a dead letter back, with all its attempts again: takes its outcome back, so that the replay's own can
 * stand, and counts it as open again. Forgets crashes, too. It counts as claimed once, so that the next claim
 * looks for its mark.
 * Input: KEYS 1 failed, 2 job of the home lane, 3 job, 4 wait, 5 marker, 6 meta of the lane where it goes, 7
 * mark, 8 totals, 9 run (or totals again: no run); ARGV 1 id, 2 the new mark, 3 now, 4 data, 5 options ("" =
 * as they are).
 * Output: 1; 0 when it is no dead letter (any more); -1 when its run was cancelled.
 */
const REPLAY = `${CARRY}${ADD_WAITING}
if not redis.call("ZSCORE", KEYS[1], ARGV[1]) or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
local hasRun = KEYS[9] ~= KEYS[8]
if hasRun and redis.call("HEXISTS", KEYS[9], "isCancelled") == 1 then return -1 end
redis.call("ZREM", KEYS[1], ARGV[1])
local mark = redis.call("GET", KEYS[7]) or ""
if string.sub(mark, 1, ${IN_LANE.length}) ~= "${IN_LANE}" then
  local reason = string.match(mark, "^failed (%S+)") or redis.call("HGET", KEYS[2], "failedReason") or ""
  redis.call("HINCRBY", KEYS[8], "ended", -1)
  if hasRun and redis.call("EXISTS", KEYS[9]) == 1 then
    redis.call("HINCRBY", KEYS[9], "failed", -1)
    redis.call("HINCRBY", KEYS[9], "failed:" .. reason, -1)
  end
end
redis.call("SET", KEYS[7], ARGV[2])
redis.call("HDEL", KEYS[2], "atm", "stc", "failedReason", "finishedOn", "processedOn", "returnvalue", "stacktrace")
redis.call("HSET", KEYS[2], "timestamp", ARGV[3], "delay", 0, "ats", 1)
if ARGV[4] ~= "" then redis.call("HSET", KEYS[2], "data", ARGV[4]) end
if ARGV[5] ~= "" then redis.call("HSET", KEYS[2], "opts", ARGV[5]) end
carry(KEYS[2], KEYS[3])
addWaiting(KEYS[4], KEYS[5], KEYS[6], ARGV[1])
return 1
`;

/** Where a letter goes, and what changes with it. */
export interface PutBack {
  readonly id: string;
  readonly home: string;
  readonly run: string | null;
  /** The own lane that it goes into; undefined: its home. */
  readonly ownLane: OwnLane | undefined;
  /** Out of a run that is held. */
  readonly isReleased: boolean;
  /** JSON; null: as they are. */
  readonly data: string | null;
  readonly options: string | null;
}

export type PutBackResult = "replayed" | "cancelled" | "gone";
const RESULTS: Readonly<Record<number, PutBackResult>> = { 1: "replayed", [-1]: "cancelled", 0: "gone" };

/** Puts letters back, all in one transaction, with the own lanes that they go into. */
export async function replayLetters(
  shard: Shard,
  letters: readonly PutBack[],
  now: number,
): Promise<PutBackResult[]> {
  const ownLanes = new Map(letters.flatMap(({ ownLane: own }) => (own ? [[own.lane, own]] : [])));
  const replies = await transactAsProducer(shard, (run) => {
    for (const own of ownLanes.values()) run(ENSURE_LANE, ...toEnsure(shard, own));
    for (const letter of letters) {
      const names = toKeys(shard.keys, letter);
      run(REPLAY, names.length, ...names, ...toValues(letter, now));
    }
  });
  return replies.slice(ownLanes.size).map((reply) => RESULTS[reply] ?? "gone");
}

function toKeys(keys: ShardKeys, { id, home, run, ownLane }: PutBack): string[] {
  const lane = ownLane?.lane ?? home;
  return [
    keys.ofLane(home, "failed"),
    keys.job(home, id),
    keys.job(lane, id),
    ...["wait", "marker", "meta"].map((part) => keys.ofLane(lane, part)),
    keys.outcome(id),
    keys.totals(),
    run === null ? keys.totals() : keys.run(run),
  ];
}

function toValues(
  { id, home, ownLane, isReleased, data, options }: PutBack,
  now: number,
): (string | number)[] {
  const mark = toLaneMark(ownLane?.lane ?? home) + (isReleased ? RELEASED : "");
  return [id, mark, now, data ?? "", options ?? ""];
}
