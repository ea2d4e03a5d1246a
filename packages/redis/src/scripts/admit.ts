// Admission: a chunk of deliveries enters its lane in one atomic step that also marks and counts them, each
// id once. Whatever dies in between, a delivery is either in the lane, marked and counted, or nothing of it
// is there.

import type { PostriderError } from "@postrider/shared/errors";
import { decodeMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { Queue } from "bullmq";
import { cancelledRun } from "../cancelled-run.ts";
import { onceSettled } from "../once-settled.ts";
import { createRoom } from "../room.ts";
import type { Shard } from "../shard.ts";
import type { ScriptArguments } from "../transact.ts";
import { ensuringLane, toEnsuring } from "./ensured.ts";
import { type Admission, TAKE_IN, toTakeIn } from "./take-in.ts";

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
 * First what a full Redis refuses: what notes the lane begins with something that it lets through, and all
 * that follows with it. KEYS 10 are totals.
 */
const REFUSED_WHEN_FULL = `redis.call("HINCRBY", KEYS[10], "enqueued", 0)\n`;
const TAKE_IN_ENSURING = `${REFUSED_WHEN_FULL}${ensuringLane(TAKE_IN)}`;

export function createAdmit(shard: Shard): Admit {
  shard.redis.defineCommand("postriderTakeIn", { lua: TAKE_IN });
  shard.redis.defineCommand("postriderTakeInEnsuring", { lua: TAKE_IN_ENSURING });
  const room = createRoom(shard, Date.now);
  // A run that is enqueued again is known chunk after chunk: looks cost less then than handing all data over.
  let looksFirst = false;
  return async (admissions, entrance) => {
    await room.check();
    const all = uniqueById(admissions);
    const isLooking = looksFirst || entrance.refusal !== undefined;
    const unknown = isLooking ? await withoutKnown(shard, all) : all;
    const known = unknown.length === all.length ? [] : toIds(all, new Set(toIds(unknown)));
    const [first, ...others] = unknown;
    looksFirst = known.length > all.length / 2;
    if (first === undefined) return { enqueued: 0, duplicates: admissions.length, recovered: 0, known };
    if (entrance.refusal !== undefined) throw entrance.refusal;

    const [enqueued = 0, recovered = 0, ...places] = await takeIn(shard, [first, ...others], entrance);
    if (enqueued < 0) throw cancelledRun(entrance.run ?? "");
    known.push(...places.map((place) => unknown[place - 1]?.id ?? ""));
    looksFirst = known.length > all.length / 2;
    return { enqueued, recovered, duplicates: admissions.length - enqueued - recovered, known };
  };
}

function toIds(admissions: readonly Admission[], without?: ReadonlySet<string>): string[] {
  const ids = admissions.map(({ id }) => id);
  return without === undefined ? ids : ids.filter((id) => !without.has(id));
}

type Command = (...all: ScriptArguments) => Promise<number[]>;

/** An own lane is registered in the same step, unless it is. */
async function takeIn(
  shard: Shard,
  admissions: readonly [Admission, ...Admission[]],
  { queue, ownLane, ...entrance }: Entrance,
): Promise<number[]> {
  const values = toTakeIn(shard.keys, admissions, { ...entrance, lane: queue.name, now: Date.now() });
  const { redis } = shard;
  const { postriderTakeIn, postriderTakeInEnsuring } = redis as unknown as Record<string, Command>;
  const command = (ownLane === undefined ? postriderTakeIn : postriderTakeInEnsuring) as Command;
  const all = ownLane === undefined ? values : toEnsuring(shard, ownLane, values);
  return await onceSettled(redis, () => command.call(redis, ...all));
}

function uniqueById(admissions: readonly Admission[]): Admission[] {
  return [
    ...new Map(admissions.map((admission) => [admission.id, admission] as const).reverse()).values(),
  ].reverse();
}

/** Those that are new, or lost. */
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
