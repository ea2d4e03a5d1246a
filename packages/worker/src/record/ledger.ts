// The ledger in Redis: which deliveries have ended, and each run's counters. One atomic step leaves the mark and counts;
// the first outcome of a delivery stands, so a repeated claim neither counts twice nor sends again.

import { keys } from "@postrider/shared/lanes";
import { decodeOutcome, encodeOutcome, type Outcome } from "@postrider/shared/outcome";
import type { Redis } from "ioredis";
import { createGroup } from "./group.ts";

/** Keeps one script under a millisecond or so, lest claims wait behind it. */
const GROUP_MAX = 100;

/**
 * Input: KEYS mark, run, mark, run, … (the mark again: no run); ARGV per pair: mark's text ("" = count only), its ms to live, counter,
 * second counter ("" = none).
 * Output: per pair 1 when counted, 0 when the delivery had ended already.
 */
const RECORD = `
local counted, sums = {}, {}
local function count(run, counter)
  local key = run .. " " .. counter
  local sum = sums[key]
  if sum then sum[3] = sum[3] + 1 else sums[key] = {run, counter, 1} end
end
for i = 1, #KEYS / 2 do
  local mark, run = KEYS[2 * i - 1], KEYS[2 * i]
  local text, markMs, counter, second = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i]
  local first = text == "" or redis.call("SET", mark, text, "NX", "PX", markMs)
  counted[i] = first and 1 or 0
  if first and run ~= mark then
    count(run, counter)
    if second ~= "" then count(run, second) end
  end
end
for _, sum in pairs(sums) do redis.call("HINCRBY", sum[1], sum[2], sum[3]) end
return counted
`;

interface Entry {
  readonly id: string;
  readonly run: string | undefined;
  readonly mark: string;
  readonly markMs: number;
  readonly counter: string;
  readonly reasonCounter: string;
}

export interface Ledger {
  /** How the delivery has ended; null while it has not. */
  find(id: string): Promise<Outcome | null>;
  /** Records an outcome. False: another one stands. */
  end(id: string, run: string | undefined, outcome: Outcome): Promise<boolean>;
  /** Counts a retry of a run's delivery. */
  retry(id: string, run: string): Promise<void>;
}

type RecordCommand = (keyCount: number, ...keysAndValues: (string | number)[]) => Promise<number[]>;

export interface LedgerOptions {
  /** How long an ended delivery is remembered. */
  readonly idempotencyWindowMs: number;
  /** A dead letter is remembered as long as it is kept: a replay takes its outcome back. */
  readonly deadLettersAgeMs: number;
}

export function createLedger(redis: Redis, { idempotencyWindowMs, deadLettersAgeMs }: LedgerOptions): Ledger {
  redis.defineCommand("postriderRecord", { lua: RECORD });
  const record = (redis as unknown as { postriderRecord: RecordCommand }).postriderRecord.bind(redis);

  const readMarks = createGroup<string, Outcome | null>(async (ids) => {
    const marks = await redis.mget(ids.map((id) => keys.outcome(id)));
    return marks.map((mark) => (mark === null ? null : decodeOutcome(mark)));
  }, GROUP_MAX);

  const write = createGroup<Entry, number>((entries) => {
    const names: string[] = [];
    const values: (string | number)[] = [];
    for (const { id, run, mark, markMs, counter, reasonCounter } of entries) {
      const name = keys.outcome(id);
      names.push(name, run === undefined ? name : keys.run(run));
      values.push(mark, markMs, counter, reasonCounter);
    }
    return record(names.length, ...names, ...values);
  }, GROUP_MAX);

  return {
    find: readMarks,
    async end(id, run, outcome) {
      const isFailed = outcome.outcome === "failed";
      const markMs = isFailed ? Math.max(idempotencyWindowMs, deadLettersAgeMs) : idempotencyWindowMs;
      const reasonCounter = isFailed ? `failed:${outcome.reason}` : "";
      return (
        (await write({
          id,
          run,
          mark: encodeOutcome(outcome),
          markMs,
          counter: outcome.outcome,
          reasonCounter,
        })) === 1
      );
    },
    async retry(id, run) {
      await write({ id, run, mark: "", markMs: 0, counter: "retries", reasonCounter: "" });
    },
  };
}
