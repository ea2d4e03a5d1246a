// Admission: a chunk of deliveries enters its lane in one atomic step that also marks and counts them, each
// id once. Whatever dies in between, a delivery is either in the lane, marked and counted, or nothing of it
// is there.

import { type Delivery, homeOf } from "@postrider/shared/delivery";
import type { PostriderError } from "@postrider/shared/errors";
import { decodeMark, IN_LANE, toLaneMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { Job, type JobsOptions, type Queue } from "bullmq";
import { cancelledRun } from "../cancelled-run.ts";
import { LANE_FIELD } from "../counts.ts";
import { ADD_OPEN, toOpenEntry } from "../customer-index.ts";
import type { ShardKeys } from "../keys.ts";
import { JOB_NAME, RUN_KEPT_SECONDS } from "../keys.ts";
import { ENSURE_LANE, toEnsure } from "../lane-directory.ts";
import { onceSettled } from "../once-settled.ts";
import { createRoom } from "../room.ts";
import type { Shard } from "../shard.ts";
import { DROP_LETTER } from "./lane-fragments.ts";

export interface Admission {
  readonly id: string;
  readonly delivery: Delivery;
  /** Unix ms; absent: at once. */
  readonly sendAt?: number;
  /** Where its customer stands in the index of customers; absent: nowhere. */
  readonly customerPlace?: string;
  /** Its id was made for it, and nobody can have enqueued it before. */
  readonly isFresh?: boolean;
}

export interface Admitted {
  readonly enqueued: number;
  readonly duplicates: number;
  /** Known, and lost: in no lane, and not ended. Taken in again; they have been counted before. */
  readonly recovered: number;
  /** Ids that were known before, each once. */
  readonly known: readonly string[];
}

/** Where a chunk goes. */
export interface Entrance {
  readonly queue: Queue;
  /** The entry of the queue where it is an own lane. */
  readonly ownLane?: OwnLane | undefined;
  /** Absent: deliveries of no run. */
  readonly run?: string;
  /** Attempts that BullMQ grants each. */
  readonly attempts: number;
  /** Why nothing new may be taken in; duplicates are told all the same. */
  readonly refusal?: PostriderError | undefined;
}

/**
 * Takes deliveries into a lane. Known ids are duplicates and change nothing.
 * @throws `redis_full`, `run_cancelled`, the entrance's refusal, and what Redis throws; nothing was taken in
 * then, or all of it (the answer was lost).
 */
export type Admit = (admissions: readonly Admission[], entrance: Entrance) => Promise<Admitted>;

/**
 * Marks these deliveries as in the lane and counts those that were not marked before, for the run and in all.
 * One that was marked in the meantime lies in another lane or has ended, so BullMQ would take it in: a shadow
 * of it keeps BullMQ from that. One whose mark names a lane in which it is not was lost, as by a person with
 * a Redis client.
 * Input: KEYS mark, job, mark, job, …, run (or totals again: no run), totals; ARGV the mark, ttl seconds of
 * the run, the home lane's field in totals, the lane, prefix of all lanes, then per delivery its customer's
 * list ("" = not indexed) and what stands there of it. Output: {how many are new, how many were lost, the
 * places of all others, from 1}; {-1} when the run was cancelled, and nothing was done.
 */
const MARK = `${DROP_LETTER}${ADD_OPEN}
local new, lost, known = 0, 0, {}
local jobs = ARGV[5] .. ARGV[4] .. ":"
if KEYS[#KEYS - 1] ~= KEYS[#KEYS] and redis.call("HEXISTS", KEYS[#KEYS - 1], "isCancelled") == 1 then
  for i = 2, #KEYS - 2, 2 do
    if redis.call("EXISTS", KEYS[i]) == 0 then redis.call("HSET", KEYS[i], "shadow", 1) end
  end
  return {-1}
end
local function isLost(mark, id)
  local lane = string.match(redis.call("GET", mark) or "", "^${IN_LANE}(%S+)")
  if not lane or redis.call("EXISTS", ARGV[5] .. lane .. ":" .. id) == 1 then return false end
  -- A worker may be at it.
  if redis.call("LPOS", ARGV[5] .. lane .. ":active", id) then return false end
  -- Where only its data are gone it would be claimed twice.
  redis.call("LREM", ARGV[5] .. lane .. ":wait", 0, id)
  redis.call("ZREM", ARGV[5] .. lane .. ":delayed", id)
  return true
end
for i = 1, #KEYS - 2, 2 do
  local isThere = redis.call("EXISTS", KEYS[i + 1]) == 1
  local id = string.sub(KEYS[i + 1], #jobs + 1)
  if redis.call("SET", KEYS[i], ARGV[1], "NX") then
    new = new + 1
    if ARGV[i + 5] ~= "" then addOpen(ARGV[i + 5], ARGV[i + 6], ARGV[2]) end
    -- A dead letter that is no longer known would keep BullMQ from taking the new one in.
    if isThere then dropLetter(jobs .. "failed", jobs, id) end
  elseif not isThere and isLost(KEYS[i], id) then
    lost = lost + 1
    redis.call("SET", KEYS[i], ARGV[1])
  else
    known[#known + 1] = (i + 1) / 2
    if not isThere then redis.call("HSET", KEYS[i + 1], "shadow", 1) end
  end
end
local run, totals = KEYS[#KEYS - 1], KEYS[#KEYS]
if new > 0 then
  redis.call("HINCRBY", totals, "enqueued", new)
  redis.call("HSETNX", totals, ARGV[3], 1)
  if run ~= totals then
    redis.call("HINCRBY", run, "enqueued", new)
    -- More has come: whoever enqueues it closes the run again.
    redis.call("HDEL", run, "closedAt")
    if redis.call("TTL", run) < tonumber(ARGV[2]) then redis.call("EXPIRE", run, ARGV[2]) end
  end
end
return {new, lost, unpack(known)}
`;

/** Input: KEYS jobs. Takes the shadows away. */
const UNSHADOW = `
for i = 1, #KEYS do if redis.call("HEXISTS", KEYS[i], "shadow") == 1 then redis.call("DEL", KEYS[i]) end end
`;

const MARK_COMMAND = "postriderMark";
const UNSHADOW_COMMAND = "postriderUnshadow";
const ENSURE_COMMAND = "postriderEnsureLane";

export function createAdmit(shard: Shard): Admit {
  shard.redis.defineCommand(MARK_COMMAND, { lua: MARK });
  shard.redis.defineCommand(UNSHADOW_COMMAND, { lua: UNSHADOW });
  shard.redis.defineCommand(ENSURE_COMMAND, { lua: ENSURE_LANE });
  const room = createRoom(shard, Date.now);
  return async (admissions, entrance) => {
    await room.check();
    const all = uniqueById(admissions);
    const fresh = await withoutKnown(shard, all);
    const [first, ...others] = fresh;
    const known = fresh.length === all.length ? [] : toIds(all, new Set(toIds(fresh)));
    if (first === undefined) return { enqueued: 0, duplicates: admissions.length, recovered: 0, known };
    if (entrance.refusal !== undefined) throw entrance.refusal;

    const replies = await onceSettled(shard.redis, async () => {
      const transaction = (await entrance.queue.backend.client).multi();
      for (const [command, values] of toCommands(shard.keys, [first, ...others], entrance))
        transaction.runCommand(command, values);
      // BullMQ's view of the same connection: its adds and our count travel in one MULTI.
      for (const admission of fresh) void toJob(admission, entrance).addJob(transaction as never, {});
      const jobs = fresh.map(({ id }) => shard.keys.job(entrance.queue.name, id));
      transaction.runCommand(UNSHADOW_COMMAND, [jobs.length, ...jobs]);
      return transaction.exec();
    });
    const { enqueued, recovered, places } = readCounts(replies, entrance);
    known.push(...places.map((place) => fresh[place - 1]?.id ?? ""));
    return { enqueued, recovered, duplicates: admissions.length - enqueued - recovered, known };
  };
}

type Replies = [error: Error | null, reply: unknown][] | null;

/** `places`: of those that somebody else took in meanwhile. */
function readCounts(replies: Replies, { run = "" }: Entrance) {
  for (const [error] of replies ?? []) if (error !== null) throw error;
  const [enqueued = 0, recovered = 0, ...places] = (replies?.[0]?.[1] ?? []) as number[];
  if (enqueued < 0) throw cancelledRun(run);
  return { enqueued, recovered, places };
}

function toCommands(
  keys: ShardKeys,
  admissions: readonly [Admission, ...Admission[]],
  { queue, run, ownLane }: Entrance,
): [command: string, values: (string | number)[]][] {
  const names = [
    ...admissions.flatMap(({ id }) => [keys.outcome(id), keys.job(queue.name, id)]),
    run === undefined ? keys.totals() : keys.run(run),
    keys.totals(),
  ];
  // Their home, wherever they begin: their dead letters lie there. All of a chunk share it.
  const field = `${LANE_FIELD}${homeOf(admissions[0].delivery)}`;
  // What is due in some months must still find its run then.
  const dueMs = Math.max(0, ...admissions.map(({ sendAt = 0 }) => sendAt - Date.now()));
  const keptSeconds = RUN_KEPT_SECONDS + Math.ceil(dueMs / 1_000);
  const { name } = queue;
  const places = admissions.flatMap((admission) => toIndexed(keys, admission));
  const values = [toLaneMark(name), keptSeconds, field, name, `${keys.prefix}:`, ...places];
  const mark = [names.length, ...names, ...values];
  return ownLane === undefined
    ? [[MARK_COMMAND, mark]]
    : [
        [MARK_COMMAND, mark],
        [ENSURE_COMMAND, toEnsure(keys, ownLane)],
      ];
}

function toIndexed(keys: ShardKeys, { id, customerPlace }: Admission): [list: string, entry: string] {
  if (customerPlace === undefined) return ["", ""];
  const { key, entry } = toOpenEntry(keys, customerPlace, id);
  return [key, entry];
}

function toIds(admissions: readonly Admission[], without?: ReadonlySet<string>): string[] {
  const ids = admissions.map(({ id }) => id);
  return without === undefined ? ids : ids.filter((id) => !without.has(id));
}

function uniqueById(admissions: readonly Admission[]): Admission[] {
  return [
    ...new Map(admissions.map((admission) => [admission.id, admission] as const).reverse()).values(),
  ].reverse();
}

/**
 * Most of what was enqueued before is told from what is new, or lost, by looks that cost less than a
 * transaction.
 */
async function withoutKnown(shard: Shard, admissions: readonly Admission[]): Promise<Admission[]> {
  const marks = await shard.redis.mget(admissions.map(({ id }) => shard.keys.outcome(id)));
  const places = admissions.map(({ id }, index) => {
    const mark = decodeMark(marks[index] ?? "");
    return mark?.kind === "in" ? shard.keys.job(mark.lane, id) : null;
  });
  const absent = await findAbsent(
    shard,
    places.filter((place) => place !== null),
  );
  return admissions.filter((_, index) => marks[index] === null || absent.has(places[index] ?? ""));
}

async function findAbsent(shard: Shard, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0 || (await shard.redis.exists(...names)) === names.length) return new Set();
  const pipeline = shard.redis.pipeline();
  for (const name of names) pipeline.exists(name);
  const replies = (await pipeline.exec()) ?? [];
  return new Set(names.filter((_, index) => replies[index]?.[1] === 0));
}

function toJob({ id, delivery, sendAt }: Admission, { queue, attempts }: Entrance): Job {
  const timestamp = Date.now();
  const delay = sendAt === undefined ? 0 : Math.max(0, sendAt - timestamp);
  const options: JobsOptions = {
    attempts,
    backoff: { type: "custom" },
    timestamp,
    ...(delay > 0 ? { delay } : {}),
  };
  return new Job(queue, JOB_NAME, delivery, options, id);
}
