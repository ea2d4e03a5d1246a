// RECORD: writes down what attempts came to. One atomic step keeps the evidence with the delivery, writes an
// outcome over its mark, counts, ends the run that has nothing left, and takes the job out of its lane. The
// first outcome of a delivery stands, so that a repeated claim neither counts twice nor sends again. A claim
// that another worker holds by now writes nothing, but that its worker was slow and not dead.

import { decodeMark, encodeOutcome, IN_LANE, type Mark, type Outcome } from "@postrider/shared/outcome";
import { createBatch } from "../batch.ts";
import { RUN_KEPT_SECONDS, type ShardKeys } from "../keys.ts";
import type { Shard } from "../shard.ts";
import type { Claim } from "./lane-fragments.ts";
import { COMPLETE_RUN } from "./run-fragments.ts";
import { TELL } from "./tell-fragments.ts";

/** Keeps one script under a millisecond or so, lest claims wait behind it. */
const GROUP_MAX = 100;

/**
 * Redis at maxmemory refuses what takes memory, but not in a script that has begun to write. What was sent
 * must be written down all the same, or it is sent again. Claims are refused then, so this is never more than
 * what is in flight. The key exists nowhere.
 */
const WRITE_WHEN_FULL = `redis.call("DEL", KEYS[1] .. ":none")\n`;

/**
 * Writes down what attempts came to: evidence, outcome and counts of each in one step, so that none is there
 * without the others.
 * Input: KEYS per entry mark, run (the mark again: no run), job, active, stalled, then totals and the stream
 * of outcomes; ARGV how many records of attempts and how many outcomes are kept, then per entry id, claim's
 * token, the attempt's record ("" = none), mark's text ("" = it has not ended), its ms to live, counter,
 * second counter ("" = none), 1 if the job is done with then, what readers of outcomes are told ("" =
 * nothing). Output: per entry 1 when written, 0 when the delivery had ended already, -1 when another worker
 * has the claim.
 */
const RECORD = `${WRITE_WHEN_FULL}
local outcomes, totals = KEYS[#KEYS], KEYS[#KEYS - 1]
${COMPLETE_RUN}${TELL}
local counted, sums, ended, ending = {}, {}, 0, {}
local function count(run, counter)
  if counter == "" then return end
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
-- Whether the claim is still its worker's. Where it is another one's by now, its worker was slow, and not dead.
local function isHeld(job, token, isKept)
  local holder = redis.call("GET", job .. ":lock")
  if holder and holder ~= token then
    if tonumber(redis.call("HGET", job, "stc") or "0") > 0 then redis.call("HINCRBY", job, "stc", -1) end
    return false
  end
  return not isKept or redis.call("EXISTS", job) == 1
end
local kept, outcomesKept = ARGV[1], tonumber(ARGV[2])
for i = 1, (#KEYS - 2) / 5 do
  local mark, run, job, active, stalled = unpack(KEYS, 5 * i - 4, 5 * i)
  local id, token, record, text, markMs, counter, second, isDone, entry = unpack(ARGV, 9 * i - 6, 9 * i + 2)
  if not isHeld(job, token, record ~= "") then
    counted[i] = -1
  else
    if record ~= "" and isDone ~= "1" then
      redis.call("RPUSH", job .. ":logs", record)
      redis.call("LTRIM", job .. ":logs", -kept, -1)
    end
    if text ~= "" and not write(mark, text, markMs) then
      counted[i] = 0
    else
      counted[i] = 1
      if text ~= "" then ended = ended + 1 end
      if entry ~= "" then tell(entry) end
      if run ~= mark then
        count(run, counter)
        count(run, second)
        if text ~= "" then ending[run] = true end
      end
      if isDone == "1" then
        redis.call("DEL", job, job .. ":lock", job .. ":logs")
        redis.call("LREM", active, -1, id)
        redis.call("SREM", stalled, id)
      end
    end
  end
end
for _, sum in pairs(sums) do
  local total = redis.call("HINCRBY", sum[1], sum[2], sum[3])
  -- A run that was forgotten before its last delivery ended must not stay for ever as a counter without facts.
  if total == sum[3] and redis.call("HEXISTS", sum[1], "createdAt") == 0 then redis.call("EXPIRE", sum[1], ${RUN_KEPT_SECONDS}) end
end
for run in pairs(ending) do complete(run) end
if ended > 0 then redis.call("HINCRBY", totals, "ended", ended) end
told(outcomesKept)
return counted
`;

/** Records of attempts kept with a delivery; a rate limit can make many. */
const RECORDS_KEPT = 30;
/** Of records in one script: a hundred of the largest answers would hold Redis up for some milliseconds. */
const RECORD_CHARS_MAX = 1_000_000;

/** What is written down of one attempt. */
export interface Entry {
  readonly claimed: Claim & { readonly delivery: { readonly run?: string | undefined } };
  /** The record of the attempt, to be kept with the delivery and removed with it; null: there is none. */
  readonly record: string | null;
  /**
   * How the delivery has ended; null: it has not. Unless it failed, and so becomes a dead letter, the job
   * leaves its lane in the same step.
   */
  readonly outcome: Outcome | null;
  /** What readers of outcomes are told, where it has ended; null: nothing. */
  readonly told: string | null;
  /** Counts it as a retry of its run. */
  readonly isRetry: boolean;
}

/**
 * `stands`: another outcome was recorded first. `lost`: another worker holds the claim by now, and nothing
 * was written.
 */
export type Written = "written" | "stands" | "lost";

export interface Ledger {
  /** Where a delivery is, or how it has ended; null for one that was never enqueued or is long forgotten. */
  find(id: string): Promise<Mark | null>;
  /** Writes an attempt down, all of it or nothing. */
  write(entry: Entry): Promise<Written>;
  /** Its worker has outlived it: what became of earlier workers was not its doing. */
  forgetCrashes(claimed: Claim): Promise<void>;
}

type RecordCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

export interface LedgerOptions {
  /** How long an ended delivery is remembered. */
  readonly idempotencyWindowMs: number;
  /** A dead letter is remembered as long as it is kept: a replay takes its outcome back. */
  readonly deadLettersAgeMs: number;
  /** How many outcomes their readers find. */
  readonly outcomesKept: number;
}

const WRITTEN: Readonly<Record<number, Written>> = { 1: "written", 0: "stands", [-1]: "lost" };

export function createLedger(shard: Shard, options: LedgerOptions): Ledger {
  const { redis, keys } = shard;
  redis.defineCommand("postriderRecord", { lua: RECORD });
  const { postriderRecord } = redis as unknown as { postriderRecord: RecordCommand };
  const readMarks = createBatch<string, Mark | null>(async (ids) => {
    const marks = await redis.mget(ids.map((id) => keys.outcome(id)));
    return marks.map((mark) => (mark === null ? null : decodeMark(mark)));
  }, GROUP_MAX);
  const record = async (entries: readonly Entry[]): Promise<Written[]> => {
    const names = entries.flatMap(({ claimed }) => toKeys(keys, claimed));
    names.push(keys.totals(), keys.outcomes());
    const values = entries.flatMap((entry) => toValues(entry, options));
    values.unshift(RECORDS_KEPT, options.outcomesKept);
    const counted = await postriderRecord.call(redis, names.length, ...names, ...values);
    return counted.map((one) => WRITTEN[one] ?? "lost");
  };
  // A portion that fails says nothing of the others: what was written must not be sent again.
  const write = createBatch<Entry, Written | Error>(async (entries) => {
    const portions = toPortions(entries).map((portion) =>
      record(portion).catch((error: Error) => portion.map(() => error)),
    );
    return (await Promise.all(portions)).flat();
  }, GROUP_MAX);
  return {
    find: readMarks,
    async write(entry) {
      const written = await write(entry);
      if (written instanceof Error) throw written;
      return written;
    },
    // In BullMQ's own counter of claims that ran out. On a job that is gone this does nothing.
    forgetCrashes: async ({ lane, id }) => void (await redis.hdel(keys.job(lane, id), "stc")),
  };
}

/** Parts a group whose answers are large, so that no script holds Redis up for long. */
function toPortions(entries: readonly Entry[]): Entry[][] {
  const portions: Entry[][] = [[]];
  let chars = 0;
  for (const entry of entries) {
    chars += entry.record?.length ?? 0;
    if (chars > RECORD_CHARS_MAX && portions.at(-1)?.length !== 0) {
      portions.push([]);
      chars = entry.record?.length ?? 0;
    }
    portions.at(-1)?.push(entry);
  }
  return portions;
}

function toKeys(keys: ShardKeys, { id, lane, delivery: { run } }: Entry["claimed"]): string[] {
  const mark = keys.outcome(id);
  return [
    mark,
    run === undefined ? mark : keys.run(run),
    keys.job(lane, id),
    keys.ofLane(lane, "active"),
    keys.ofLane(lane, "stalled"),
  ];
}

function toValues(
  { claimed: { id, token }, record, outcome, told, isRetry }: Entry,
  { idempotencyWindowMs, deadLettersAgeMs }: LedgerOptions,
): (string | number)[] {
  if (outcome === null) return [id, token, record ?? "", "", 0, isRetry ? "retries" : "", "", 0, ""];
  const isFailed = outcome.outcome === "failed";
  const markMs = isFailed ? Math.max(idempotencyWindowMs, deadLettersAgeMs) : idempotencyWindowMs;
  const reasonCounter = isFailed ? `failed:${outcome.reason}` : "";
  const mark = encodeOutcome(outcome);
  return [
    id,
    token,
    record ?? "",
    mark,
    markMs,
    outcome.outcome,
    reasonCounter,
    isFailed ? 0 : 1,
    told ?? "",
  ];
}
