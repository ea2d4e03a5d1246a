// RECORD: writes down what attempts came to. One atomic step keeps the evidence with the delivery, writes an
// outcome over its mark, counts, ends the run that has nothing left, and takes the job out of its lane. The
// first outcome of a delivery stands, so that a repeated claim neither counts twice nor sends again. A claim
// that another worker holds by now writes nothing, but that its worker was slow and not dead. A command
// whose answer was lost with its connection comes once more: it writes nothing anew, and is answered alike.

import { encodeOutcome, IN_LANE, type Outcome } from "@postrider/shared/outcome";
import { createHeads, type Told } from "@postrider/shared/outcome-entry";
import { INDEX_ENDED, toEndedPlace, toListSeconds } from "../customer-index.ts";
import { RUN_KEPT_SECONDS, type ShardKeys } from "../keys.ts";
import type { Shard } from "../shard.ts";
import { type Claim, WRITE_WHEN_FULL } from "./lane-fragments.ts";
import { COMPLETE_RUN } from "./run-fragments.ts";
import { TELL } from "./tell-fragments.ts";

/**
 * Writes down what attempts came to: evidence, outcome and counts of each in one step, so that none is there
 * without the others.
 * Input: KEYS per entry mark, run (the mark again: no run), job, active, stalled, its customer's open and
 * ended deliveries (the mark again: not indexed), then totals, the streams of outcomes and of events; ARGV
 * how many records of attempts and how many outcomes are kept, seconds of a list of ended deliveries, then
 * per entry id, claim's token, the attempt's record ("" = none), mark's text ("" = it has not ended), its ms
 * to live, counter, second counter ("" = none), 1 if the job is done with then, what readers of outcomes are
 * told ("" = nothing), its customer's tag ("" = not indexed), and at last the heads of what is told. Output:
 * per entry 1 when written, 0 when the delivery had ended already, -1 when another worker has the claim.
 */
export const RECORD = `${WRITE_WHEN_FULL}
local events, outcomes, totals = KEYS[#KEYS], KEYS[#KEYS - 1], KEYS[#KEYS - 2]
${COMPLETE_RUN}${TELL}${INDEX_ENDED}
local counted, sums, ended, ending = {}, {}, 0, {}
local function count(run, counter)
  if counter == "" then return end
  local key = run .. " " .. counter
  local sum = sums[key]
  if sum then sum[3] = sum[3] + 1 else sums[key] = {run, counter, 1} end
end
local entries = (#KEYS - 3) / 7
-- The lock and the mark of each in one call, and the jobs in another: most of the time goes into calls.
local looked, jobs = {}, {}
for i = 1, entries do
  jobs[i] = KEYS[7 * i - 4]
  looked[2 * i - 1] = jobs[i] .. ":lock"
  looked[2 * i] = KEYS[7 * i - 6]
end
local seen = redis.call("MGET", unpack(looked))
local areAllThere = redis.call("EXISTS", unpack(jobs)) == entries
-- Two claims of one delivery may be told in the same step.
local written = {}
local function write(i, mark, text, markMs)
  local current = seen[2 * i]
  if written[mark] or current and string.sub(current, 1, ${IN_LANE.length}) ~= "${IN_LANE}" then return false end
  written[mark] = true
  redis.call("SET", mark, text, "PX", markMs)
  return true
end
-- Whether the claim is still its worker's. Where it is another one's by now, its worker was slow, and not dead.
local function isHeld(i, job, token, isKept)
  local holder = seen[2 * i - 1]
  if holder and holder ~= token then
    if tonumber(redis.call("HGET", job, "stc") or "0") > 0 then redis.call("HINCRBY", job, "stc", -1) end
    return false
  end
  return not isKept or areAllThere or redis.call("EXISTS", job) == 1
end
-- What is done leaves its lane, and goes at the end in one call.
local gone, unstalled = {}, {}
local function leave(job, lock, active, stalled, id)
  gone[#gone + 1], gone[#gone + 2], gone[#gone + 3] = job, lock, job .. ":logs"
  redis.call("LREM", active, -1, id)
  local ids = unstalled[stalled]
  if ids then ids[#ids + 1] = id else unstalled[stalled] = {id} end
end
local kept, outcomesKept, indexSeconds = ARGV[1], tonumber(ARGV[2]), ARGV[3]
for i = 1, entries do
  local mark, run, job, active, stalled, open, past = unpack(KEYS, 7 * i - 6, 7 * i)
  local id, token, record, text, markMs, counter, second, isDone, told, tag = unpack(ARGV, 10 * i - 6, 10 * i + 3)
  local isKept = record ~= "" and isDone ~= "1" and redis.call("LINDEX", job .. ":logs", -1) == record
  -- The same attempt was written down before, and only the answer was lost: no other one has its times.
  if text ~= "" and seen[2 * i] == text then
    counted[i] = 1
  elseif not isHeld(i, job, token, record ~= "") then
    counted[i] = -1
  elseif text == "" and isKept then
    counted[i] = 1
  else
    if record ~= "" and isDone ~= "1" and not isKept then
      redis.call("RPUSH", job .. ":logs", record)
      redis.call("LTRIM", job .. ":logs", -kept, -1)
    end
    if text ~= "" and not write(i, mark, text, markMs) then
      counted[i] = 0
    else
      counted[i] = 1
      if text ~= "" then ended = ended + 1 end
      local place = told ~= "" and outcomesKept > 0 and tell(told)
      if tag ~= "" then index(open, past, id, tag, place, indexSeconds) end
      if run ~= mark then
        count(run, counter)
        count(run, second)
        if text ~= "" then ending[run] = true end
      end
      if isDone == "1" then leave(job, looked[2 * i - 1], active, stalled, id) end
    end
  end
end
if #gone > 0 then redis.call("DEL", unpack(gone)) end
for stalled, ids in pairs(unstalled) do redis.call("SREM", stalled, unpack(ids)) end
for _, sum in pairs(sums) do
  local total = redis.call("HINCRBY", sum[1], sum[2], sum[3])
  -- A run that was forgotten before its last delivery ended must not stay for ever as a counter without facts.
  if total == sum[3] and redis.call("HEXISTS", sum[1], "createdAt") == 0 then redis.call("EXPIRE", sum[1], ${RUN_KEPT_SECONDS}) end
end
for run in pairs(ending) do complete(run) end
if ended > 0 then redis.call("HINCRBY", totals, "ended", ended) end
told(ARGV[#ARGV], outcomesKept)
return counted
`;

/** Records of attempts kept with a delivery; a rate limit can make many. */
const RECORDS_KEPT = 30;

/** What is written down of one attempt. */
export interface Entry {
  readonly claimed: Claim & {
    readonly delivery: { readonly action?: string | undefined; readonly run?: string | undefined };
  };
  /** The record of the attempt, to be kept with the delivery and removed with it; null: there is none. */
  readonly record: string | null;
  /**
   * How the delivery has ended; null: it has not. Unless it failed, and so becomes a dead letter, the job
   * leaves its lane in the same step.
   */
  readonly outcome: Outcome | null;
  /** What is told of its outcome to those who read outcomes or ask for its customer; null: nothing. */
  readonly told: Told | null;
  /** Where its customer stands in the index of customers; null: nowhere. */
  readonly customerPlace: string | null;
  /** Counts it as a retry of its run. */
  readonly isRetry: boolean;
}

/**
 * `stands`: another outcome was recorded first. `lost`: another worker holds the claim by now, and nothing
 * was written.
 */
export type Written = "written" | "stands" | "lost";

export type RecordCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

export interface RecordOptions {
  /** How long an ended delivery is remembered. */
  readonly idempotencyWindowMs: number;
  /** A dead letter is remembered as long as it is kept: a replay takes its outcome back. */
  readonly deadLettersAgeMs: number;
  /** How many outcomes their readers find. */
  readonly outcomesKept: number;
  /** How long ended deliveries are found by their customer; 0: they are not. */
  readonly customersKeptMs: number;
}

export const WRITTEN: Readonly<Record<number, Written>> = { 1: "written", 0: "stands", [-1]: "lost" };

/** Writes attempts down, all of them in one step. */
export type RecordAttempts = (entries: readonly Entry[]) => Promise<Written[]>;

export function createRecordAttempts({ redis, keys }: Shard, options: RecordOptions): RecordAttempts {
  redis.defineCommand("postriderRecord", { lua: RECORD });
  const { postriderRecord } = redis as unknown as { postriderRecord: RecordCommand };
  return async (entries) => {
    const { names, values } = toCommand(keys, entries, options);
    const counted = await postriderRecord.call(redis, names.length, ...names, ...values);
    return counted.map((one) => WRITTEN[one] ?? "lost");
  };
}

/** RECORD's keys and values. */
export function toCommand(
  keys: ShardKeys,
  entries: readonly Entry[],
  options: RecordOptions,
): { names: string[]; values: (string | number)[] } {
  const { outcomesKept, customersKeptMs } = options;
  const names: string[] = [];
  const values: (string | number)[] = [RECORDS_KEPT, outcomesKept, toListSeconds(customersKeptMs)];
  const heads = createHeads();
  for (const entry of entries) {
    const place = toPlace(keys, entry, options);
    names.push(...toKeys(keys, entry.claimed, place));
    values.push(...toValues(entry, heads.place, options), place?.tag ?? "");
  }
  names.push(keys.totals(), keys.outcomes(), keys.events());
  values.push(heads.heads());
  return { names, values };
}

type Place = ReturnType<typeof toEndedPlace> | null;

function toPlace(keys: ShardKeys, entry: Entry, { customersKeptMs }: RecordOptions): Place {
  const { outcome, customerPlace } = entry;
  if (customersKeptMs === 0 || outcome === null || customerPlace === null) return null;
  return toEndedPlace(keys, customerPlace, outcome.endedAt, customersKeptMs);
}

function toKeys(keys: ShardKeys, { id, lane, delivery: { run } }: Entry["claimed"], place: Place): string[] {
  const mark = keys.outcome(id);
  return [
    mark,
    run === undefined ? mark : keys.run(run),
    keys.job(lane, id),
    keys.ofLane(lane, "active"),
    keys.ofLane(lane, "stalled"),
    place?.open ?? mark,
    place?.ended ?? mark,
  ];
}

function toValues(
  { claimed: { id, token }, record, outcome, told, isRetry }: Entry,
  placeTold: (told: Told) => string,
  { idempotencyWindowMs, deadLettersAgeMs }: RecordOptions,
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
    told === null ? "" : placeTold(told),
  ];
}
