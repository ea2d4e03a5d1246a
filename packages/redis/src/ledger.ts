// The ledger: what became of each delivery. What attempts that end at about the same time came to is written
// down together.

import { decodeMark, type Mark } from "@postrider/shared/outcome";
import { createBatch } from "./batch.ts";
import type { Claim } from "./scripts/lane-fragments.ts";
import {
  createRecordAttempts,
  type Entry,
  type RecordOptions,
  type Written,
} from "./scripts/record-attempt.ts";
import type { Shard } from "./shard.ts";

/** Keeps one script under about a millisecond, so that claims do not wait behind it. */
const GROUP_MAX = 100;

/**
 * Characters of records in one script: a hundred of the largest answers would hold Redis up for some
 * milliseconds.
 */
const RECORD_CHARS_MAX = 1_000_000;

/**
 * A script, since of a pipeline's commands a Cluster whose slot is on the way sends all elsewhere for one.
 * Input: KEYS logs of attempts. Output: of each 1 where it is there, or 0.
 */
const TRIED = `
local there = {}
for i, log in ipairs(KEYS) do there[i] = redis.call("EXISTS", log) end
return there
`;

type Tried = (keyCount: number, ...logs: string[]) => Promise<number[]>;

export interface Ledger {
  /** Where a delivery is, or how it has ended; null for one that was never enqueued or is long forgotten. */
  find(id: string): Promise<Mark | null>;
  /** Whether an attempt of a delivery has been written down with it. */
  isTried(lane: string, id: string): Promise<boolean>;
  /** Writes an attempt down, all of it or nothing. */
  write(entry: Entry): Promise<Written>;
  /** Its worker has outlived it: what became of earlier workers was not its doing. */
  forgetCrashes(claimed: Claim): Promise<void>;
}

export function createLedger(shard: Shard, options: RecordOptions): Ledger {
  const { redis, keys } = shard;
  const readMarks = createBatch<string, Mark | null>(async (ids) => {
    const marks = await redis.mget(ids.map((id) => keys.outcome(id)));
    return marks.map((mark) => (mark === null ? null : decodeMark(mark)));
  }, GROUP_MAX);
  redis.defineCommand("postriderTried", { lua: TRIED });
  const { postriderTried } = redis as unknown as { postriderTried: Tried };
  const readTried = createBatch<string, boolean>(async (logs) => {
    const there = await postriderTried.call(redis, logs.length, ...logs);
    return there.map((count) => count === 1);
  }, GROUP_MAX);
  const record = createRecordAttempts(shard, options);
  // A portion that fails says nothing of the others: what was written must not be sent again.
  const write = createBatch<Entry, Written | Error>(async (entries) => {
    const portions = toPortions(entries).map((portion) =>
      record(portion).catch((error: Error) => portion.map(() => error)),
    );
    return (await Promise.all(portions)).flat();
  }, GROUP_MAX);
  return {
    find: readMarks,
    isTried: (lane, id) => readTried(`${keys.job(lane, id)}:logs`),
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
