// The moves of dead letters, each one atomic step: back into a lane, a pending retry forward, and out. Whatever dies in between, a
// letter has been moved, marked and counted, or nothing of it has changed. BullMQ has no such moves between two queues, so these
// scripts know its keys, as the worker's moves do.

import { asProducer } from "@postrider/redis/connect";
import type { ShardKeys } from "@postrider/redis/keys";
import { ENSURE_LANE, toEnsure } from "@postrider/redis/lane-directory";
import { ADD_WAITING, CARRY } from "@postrider/redis/lane-scripts";
import type { Shard } from "@postrider/redis/shard";
import { IN_LANE, RELEASED, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";

/**
 * Puts a dead letter back, with all its attempts again: takes its outcome back, so that the replay's own can stand, and counts it as
 * open again. Forgets crashes, too. It counts as claimed once, so that the next claim looks for its mark.
 * Input: KEYS 1 failed, 2 job of the home lane, 3 job, 4 wait, 5 marker, 6 meta of the lane where it goes, 7 mark, 8 totals, 9 run
 * (or totals again: no run); ARGV 1 id, 2 the new mark, 3 now, 4 data, 5 options ("" = as they are).
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
addWaiting(ARGV[1], KEYS[4], KEYS[5], KEYS[6])
return 1
`;

/**
 * Makes a pending retry due now. What was never claimed waits for its own time, and is no retry.
 * Input: KEYS 1 job, 2 delayed, 3 wait, 4 marker, 5 meta, 6 mark; ARGV 1 id, 2 the mark of that lane. Output: 1, or 0 when it is none.
 */
const HASTEN = `${ADD_WAITING}
local mark = redis.call("GET", KEYS[6])
if mark ~= ARGV[2] and mark ~= ARGV[2] .. "${RELEASED}" then return 0 end
if tonumber(redis.call("HGET", KEYS[1], "ats") or 0) == 0 then return 0 end
if redis.call("ZREM", KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call("HSET", KEYS[1], "delay", 0)
addWaiting(ARGV[1], KEYS[3], KEYS[4], KEYS[5])
return 1
`;

/** Input: KEYS failed, job, its log; ARGV id. Output: 1, or 0 when it is no dead letter (any more). The mark stays. */
const PURGE = `
if redis.call("ZREM", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("DEL", KEYS[2], KEYS[3])
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

export interface LetterMoves {
  putBack(letters: readonly PutBack[], now: number): Promise<PutBackResult[]>;
  /** Makes pending retries due now, by delivery id and the lane in which each is. @returns which of them were retries. */
  hasten(pending: readonly { readonly id: string; readonly lane: string }[]): Promise<boolean[]>;
  /** @returns which of them were there. */
  purge(letters: readonly { readonly id: string; readonly lane: string }[]): Promise<boolean[]>;
}

type Commands = Record<string, (keyCount: number, ...keysAndValues: (string | number)[]) => unknown> & {
  exec(): Promise<[Error | null, unknown][] | null>;
};

export function createLetterMoves(shard: Shard): LetterMoves {
  shard.redis.defineCommand("postriderReplay", { lua: REPLAY });
  shard.redis.defineCommand("postriderHasten", { lua: HASTEN });
  shard.redis.defineCommand("postriderPurge", { lua: PURGE });
  shard.redis.defineCommand("postriderEnsureLane", { lua: ENSURE_LANE });

  /** One transaction; the replies of its last `count` commands. */
  const carryOut = (add: (commands: Commands) => void, count: number): Promise<number[]> =>
    asProducer(async () => {
      const commands = shard.redis.multi() as unknown as Commands;
      add(commands);
      const replies = ((await commands.exec()) ?? []).map(([error, reply]) => {
        if (error !== null) throw error;
        return Number(reply);
      });
      return count === 0 ? [] : replies.slice(-count);
    });

  return {
    async putBack(letters, now) {
      const replies = await carryOut((commands) => {
        const ownLanes = new Map(letters.flatMap(({ ownLane: own }) => (own ? [[own.lane, own]] : [])));
        for (const own of ownLanes.values()) commands["postriderEnsureLane"]?.(...toEnsure(shard.keys, own));
        for (const letter of letters) {
          const names = toKeys(shard.keys, letter);
          commands["postriderReplay"]?.(names.length, ...names, ...toValues(letter, now));
        }
      }, letters.length);
      return replies.map((reply) => RESULTS[reply] ?? "gone");
    },
    async hasten(pending) {
      const replies = await carryOut((commands) => {
        for (const { id, lane } of pending) {
          const parts = ["delayed", "wait", "marker", "meta"].map((part) => shard.keys.ofLane(lane, part));
          commands["postriderHasten"]?.(
            6,
            shard.keys.job(lane, id),
            ...parts,
            shard.keys.outcome(id),
            id,
            toLaneMark(lane),
          );
        }
      }, pending.length);
      return replies.map((reply) => reply === 1);
    },
    async purge(letters) {
      const replies = await carryOut((commands) => {
        for (const { id, lane } of letters) {
          const job = shard.keys.job(lane, id);
          commands["postriderPurge"]?.(3, shard.keys.ofLane(lane, "failed"), job, `${job}:logs`, id);
        }
      }, letters.length);
      return replies.map((reply) => reply === 1);
    },
  };
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
