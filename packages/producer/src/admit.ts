// Admission: a chunk of deliveries enters its lane in one atomic step that also counts them, each id once. Whatever dies
// in between, a delivery is either in the lane and counted, or neither.

import type { Delivery } from "@postrider/shared/delivery";
import { JOB_NAME, keys, RUN_KEPT_SECONDS } from "@postrider/shared/lanes";
import { Job, type JobsOptions, type Queue } from "bullmq";
import type { Redis } from "ioredis";

export interface Admission {
  readonly id: string;
  readonly delivery: Delivery;
  /** Unix ms; absent: at once. */
  readonly sendAt?: number;
}

export interface Admitted {
  readonly enqueued: number;
  readonly duplicates: number;
}

/** Where a chunk goes. */
export interface Entrance {
  readonly queue: Queue;
  /** Absent: deliveries of no run. */
  readonly run?: string;
  /** Attempts that BullMQ grants each. */
  readonly attempts: number;
}

/**
 * Takes deliveries into a lane. Known ids are duplicates and change nothing.
 * @throws what Redis throws; nothing was taken in then, or all of it (the answer was lost).
 */
export type Admit = (admissions: readonly Admission[], entrance: Entrance) => Promise<Admitted>;

/**
 * How many of these ids are neither in the lane nor ended; counts them as enqueued by the run.
 * Input: KEYS mark, job, mark, job, …, run (or a mark again: no run); ARGV ttl seconds. Output: the number.
 */
const COUNT_NEW = `
local new = 0
for i = 1, #KEYS - 1, 2 do
  if redis.call("EXISTS", KEYS[i], KEYS[i + 1]) == 0 then new = new + 1 end
end
if ARGV[1] ~= "" and new > 0 then
  redis.call("HINCRBY", KEYS[#KEYS], "enqueued", new)
  redis.call("EXPIRE", KEYS[#KEYS], ARGV[1])
end
return new
`;

const COUNT_NEW_COMMAND = "postriderCountNew";

export function createAdmit(redis: Redis): Admit {
  redis.defineCommand(COUNT_NEW_COMMAND, { lua: COUNT_NEW });
  return async (admissions, entrance) => {
    const fresh = await withoutKnown(redis, uniqueById(admissions), entrance.queue.name);
    if (fresh.length === 0) return { enqueued: 0, duplicates: admissions.length };

    const { queue, run } = entrance;
    const names = fresh.flatMap(({ id }) => [keys.outcome(id), keys.job(queue.name, id)]);
    const transaction = (await queue.backend.client).multi();
    // BullMQ's view of the same connection: its adds and our count travel in one MULTI.
    if (run === undefined)
      transaction.runCommand(COUNT_NEW_COMMAND, [names.length + 1, ...names, names[0], ""]);
    else
      transaction.runCommand(COUNT_NEW_COMMAND, [
        names.length + 1,
        ...names,
        keys.run(run),
        RUN_KEPT_SECONDS,
      ]);
    for (const admission of fresh) void toJob(admission, entrance).addJob(transaction as never, {});
    const replies = (await transaction.exec()) ?? [];
    for (const [error] of replies) if (error !== null) throw error;
    const enqueued = Number(replies[0]?.[1]);
    return { enqueued, duplicates: admissions.length - enqueued };
  };
}

function uniqueById(admissions: readonly Admission[]): Admission[] {
  return [
    ...new Map(admissions.map((admission) => [admission.id, admission] as const).reverse()).values(),
  ].reverse();
}

/** An id that has ended has no job any more, so BullMQ alone would take it in again. */
async function withoutKnown(
  redis: Redis,
  admissions: readonly Admission[],
  lane: string,
): Promise<Admission[]> {
  const pipeline = redis.pipeline();
  for (const { id } of admissions) pipeline.exists(keys.outcome(id), keys.job(lane, id));
  const replies = (await pipeline.exec()) ?? [];
  return admissions.filter((_, index) => {
    const [error, known] = replies[index] ?? [new Error("Connection is closed."), 0];
    if (error !== null) throw error;
    return known === 0;
  });
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
