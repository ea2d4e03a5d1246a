// The ledger in Redis: where each delivery is or how it ended, and each run's counters. One atomic step writes an outcome over the
// mark, counts, ends the run that has nothing left, and takes the job out of its lane; the first outcome of a delivery stands, so a repeated claim neither counts twice
// nor sends again. A claim that another worker holds by now writes nothing, but that its worker was slow and not dead.

import { decodeMark, encodeOutcome, IN_LANE, type Mark, type Outcome } from "@postrider/shared/outcome";
import { createGroup } from "../batch.ts";
import { RUN_KEPT_SECONDS } from "../keys.ts";
import type { Shard } from "../shard.ts";
import { COMPLETE_RUN } from "./run-fragments.ts";

/** Keeps one script under a millisecond or so, lest claims wait behind it. */
const GROUP_MAX = 100;

/**
 * Redis at maxmemory refuses what takes memory, but not in a script that has begun to write. What was sent must be written down all the same, or
 * it is sent again. Claims are refused then, so this is never more than what is in flight. The key exists nowhere.
 */
const WRITE_WHEN_FULL = `redis.call("DEL", KEYS[1] .. ":none")\n`;

/** Of a claim that another worker holds by now: its worker was slow, and not dead. */
const TAKE_CRASH_BACK = `
local function takeCrashBack(job)
  if tonumber(redis.call("HGET", job, "stc") or "0") > 0 then redis.call("HINCRBY", job, "stc", -1) end
end
`;

/**
 * Input: KEYS per entry mark, run (the mark again: no run), job, active, stalled, then totals; ARGV per entry id, claim's token, mark's
 * text ("" = count only), its ms to live, counter, second counter ("" = none), 1 if the job is done with then.
 * Output: per entry 1 when written, 0 when the delivery had ended already, -1 when another worker has the claim.
 */
const RECORD = `${WRITE_WHEN_FULL}${COMPLETE_RUN}
local counted, sums, ended, ending = {}, {}, 0, {}
local function count(run, counter)
  local key = run .. " " .. counter
  local sum = sums[key]
  if sum then sum[3] = sum[3] + 1 else sums[key] = {run, counter, 1} end
end
local function write(mark, text, markMs)
  local current = redis.call("GET", mark)
  if current and string.sub(current, 1, ${IN_LANE.length}) ~= "${IN_LANE}" then return false end
  redis.call("SET", mark, text, "PX", markMs)
  return true
end
${TAKE_CRASH_BACK}
for i = 1, (#KEYS - 1) / 5 do
  local mark, run, job, active, stalled = unpack(KEYS, 5 * i - 4, 5 * i)
  local id, token, text, markMs, counter, second, isDone = unpack(ARGV, 7 * i - 6, 7 * i)
  local holder = redis.call("GET", job .. ":lock")
  if holder and holder ~= token then
    counted[i] = -1
    takeCrashBack(job)
  elseif text ~= "" and not write(mark, text, markMs) then
    counted[i] = 0
  else
    counted[i] = 1
    if text ~= "" then ended = ended + 1 end
    if run ~= mark then
      count(run, counter)
      if second ~= "" then count(run, second) end
      if text ~= "" then ending[run] = true end
    end
    if isDone == "1" then
      redis.call("DEL", job, job .. ":lock", job .. ":logs")
      redis.call("LREM", active, -1, id)
      redis.call("SREM", stalled, id)
    end
  end
end
for _, sum in pairs(sums) do
  local total = redis.call("HINCRBY", sum[1], sum[2], sum[3])
  -- A run that was forgotten before its last delivery ended must not stay for ever as a counter without facts.
  if total == sum[3] and redis.call("HEXISTS", sum[1], "createdAt") == 0 then redis.call("EXPIRE", sum[1], ${RUN_KEPT_SECONDS}) end
end
for run in pairs(ending) do complete(run) end
if ended > 0 then redis.call("HINCRBY", KEYS[#KEYS], "ended", ended) end
return counted
`;

/**
 * Keeps what an attempt came to with the job. Input: KEYS job; ARGV claim's token, text, how many are kept.
 * Output: 1; 0 when there is no such job, or another worker has the claim, and nothing was written.
 */
const KEEP = `${WRITE_WHEN_FULL}${TAKE_CRASH_BACK}
local holder = redis.call("GET", KEYS[1] .. ":lock")
if holder and holder ~= ARGV[1] then
  takeCrashBack(KEYS[1])
  return 0
end
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
redis.call("RPUSH", KEYS[1] .. ":logs", ARGV[2])
redis.call("LTRIM", KEYS[1] .. ":logs", -ARGV[3], -1)
return 1
`;

/** Attempt records kept with a delivery; a rate limit can make many. */
const ATTEMPTS_KEPT = 30;

/** A claimed delivery, as far as its outcome is concerned. */
export interface Recorded {
  readonly id: string;
  readonly lane: string;
  /** BullMQ's proof that the claim is this worker's. */
  readonly token: string;
  readonly delivery: { readonly run?: string | undefined };
}

interface Entry {
  readonly claimed: Recorded;
  readonly mark: string;
  readonly markMs: number;
  readonly counter: string;
  readonly reasonCounter: string;
  readonly isDone: boolean;
}

/** `stands`: another outcome was recorded first. `lost`: another worker holds the claim by now. */
export type Written = "written" | "stands" | "lost";

export interface Ledger {
  /** Where a delivery is, or how it has ended; null for one that was never enqueued or is long forgotten. */
  find(id: string): Promise<Mark | null>;
  /** Records an outcome. Unless it failed, and so becomes a dead letter, the job leaves its lane in the same step. */
  end(claimed: Recorded, outcome: Outcome): Promise<Written>;
  /** Counts a retry, of a run's delivery for its run. */
  retry(claimed: Recorded): Promise<Written>;
  /** Keeps the evidence of an attempt with the delivery, to be removed with it. False: the claim was lost, and nothing was written. */
  keep(claimed: Recorded, evidence: string): Promise<boolean>;
  /** Its worker has outlived it: what became of earlier workers was not its doing. */
  forgetCrashes(claimed: Recorded): Promise<void>;
}

type KeepCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number>;
type RecordCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

export interface LedgerOptions {
  /** How long an ended delivery is remembered. */
  readonly idempotencyWindowMs: number;
  /** A dead letter is remembered as long as it is kept: a replay takes its outcome back. */
  readonly deadLettersAgeMs: number;
}

const WRITTEN: Readonly<Record<number, Written>> = { 1: "written", 0: "stands", [-1]: "lost" };

export function createLedger(shard: Shard, { idempotencyWindowMs, deadLettersAgeMs }: LedgerOptions): Ledger {
  shard.redis.defineCommand("postriderRecord", { lua: RECORD });
  shard.redis.defineCommand("postriderKeep", { lua: KEEP });
  const { postriderKeep: keep } = shard.redis as unknown as { postriderKeep: KeepCommand };
  const record = (shard.redis as unknown as { postriderRecord: RecordCommand }).postriderRecord.bind(
    shard.redis,
  );

  const readMarks = createGroup<string, Mark | null>(async (ids) => {
    const marks = await shard.redis.mget(ids.map((id) => shard.keys.outcome(id)));
    return marks.map((mark) => (mark === null ? null : decodeMark(mark)));
  }, GROUP_MAX);

  const write = createGroup<Entry, Written>(async (entries) => {
    const names: string[] = [];
    const values: (string | number)[] = [];
    for (const { claimed, mark, markMs, counter, reasonCounter, isDone } of entries) {
      const { id, lane, token } = claimed;
      const { run } = claimed.delivery;
      const name = shard.keys.outcome(id);
      names.push(name, run === undefined ? name : shard.keys.run(run));
      names.push(
        shard.keys.job(lane, id),
        shard.keys.ofLane(lane, "active"),
        shard.keys.ofLane(lane, "stalled"),
      );
      values.push(id, token, mark, markMs, counter, reasonCounter, isDone ? 1 : 0);
    }
    names.push(shard.keys.totals());
    const counted = await record(names.length, ...names, ...values);
    return counted.map((one) => WRITTEN[one] ?? "lost");
  }, GROUP_MAX);

  return {
    find: readMarks,
    end(claimed, outcome) {
      const isFailed = outcome.outcome === "failed";
      return write({
        claimed,
        mark: encodeOutcome(outcome),
        markMs: isFailed ? Math.max(idempotencyWindowMs, deadLettersAgeMs) : idempotencyWindowMs,
        counter: outcome.outcome,
        reasonCounter: isFailed ? `failed:${outcome.reason}` : "",
        isDone: !isFailed,
      });
    },
    retry: (claimed) =>
      write({ claimed, mark: "", markMs: 0, counter: "retries", reasonCounter: "", isDone: false }),
    keep: async ({ lane, id, token }, evidence) =>
      (await keep.call(shard.redis, 1, shard.keys.job(lane, id), token, evidence, ATTEMPTS_KEPT)) === 1,
    // In BullMQ's own counter of claims that ran out. On a job that is gone this does nothing.
    forgetCrashes: async ({ lane, id }) => void (await shard.redis.hdel(shard.keys.job(lane, id), "stc")),
  };
}
