// Dead letters: deliveries that failed, kept in BullMQ's failed sets with what a person needs to judge and replay them.

import type { Delivery } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { keys, shardPrefix } from "@postrider/shared/lanes";
import { IN_LANE, type Reason, toLaneMark } from "@postrider/shared/outcome";
import { asProducer } from "@postrider/shared/redis";
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import type { Lanes } from "./lanes.ts";

export interface DeadLetter {
  readonly id: string;
  readonly lane: string;
  readonly run: string | null;
  readonly action: string;
  readonly customerId: string | number;
  readonly reason: Reason;
  readonly attempts: number;
  /** Unix ms. */
  readonly failedAt: number;
}

/** One attempt as the worker told it: finding, verdict, timings. */
export type AttemptRecord = Readonly<Record<string, unknown>>;

export interface DeadLetterShown extends DeadLetter {
  readonly delivery: Delivery;
  /** The latest attempts, oldest first. */
  readonly history: readonly AttemptRecord[];
}

export interface DeadLetters {
  /** The newest dead letters of some lanes, newest first per lane, and how many there are in all. */
  list(lanes: readonly string[], limit: number): Promise<{ deadLetters: DeadLetter[]; total: number }>;
  /** One dead letter with its attempts. @throws `dead_letter_unknown`. */
  show(lanes: readonly string[], id: string): Promise<DeadLetterShown>;
  /** Puts a dead letter back into its lane, with all its attempts again and the same Idempotency-Key. @throws `dead_letter_unknown`. */
  replay(lanes: readonly string[], id: string): Promise<void>;
}

/**
 * Takes the outcome back, so that the replay's own can stand, and counts the delivery as open again. Forgets crashes, too. Once
 * only: a second call finds it in the lane already and changes no counter.
 * Input: KEYS mark, job, totals, run (or totals again: no run); ARGV reason, the new mark. Output: 1, or 0 when it was open already.
 */
const REOPEN = `
redis.call("HDEL", KEYS[2], "stc")
local mark = redis.call("GET", KEYS[1])
redis.call("SET", KEYS[1], ARGV[2])
if mark and string.sub(mark, 1, ${IN_LANE.length}) == "${IN_LANE}" then return 0 end
redis.call("HINCRBY", KEYS[3], "ended", -1)
if KEYS[4] ~= KEYS[3] then
  redis.call("HINCRBY", KEYS[4], "failed", -1)
  redis.call("HINCRBY", KEYS[4], "failed:" .. ARGV[1], -1)
end
return 1
`;

export function createDeadLetters(redis: Redis, lanes: Lanes): DeadLetters {
  const find = async (names: readonly string[], id: string): Promise<{ job: Job; lane: string }> => {
    for (const lane of names) {
      const isDead = (await asProducer(() => redis.zscore(`${shardPrefix()}:${lane}:failed`, id))) !== null;
      const job = isDead
        ? ((await asProducer(() => lanes.queue(lane).getJob(id))) as Job | undefined)
        : undefined;
      if (job !== undefined) return { job, lane };
    }
    throw new PostriderError("dead_letter_unknown", `no dead letter has the delivery id ${id}`);
  };

  return {
    async list(names, limit) {
      const perLane = await Promise.all(names.map((lane) => listLane(redis, lanes, lane, limit)));
      return {
        deadLetters: perLane.flatMap(({ deadLetters }) => deadLetters).slice(0, limit),
        total: perLane.reduce((sum, { total }) => sum + total, 0),
      };
    },
    async show(names, id) {
      const { job, lane } = await find(names, id);
      const { logs } = await asProducer(() => lanes.queue(lane).getJobLogs(id));
      return {
        ...toDeadLetter(job, lane),
        delivery: job.data as Delivery,
        history: logs.map((line) => JSON.parse(line) as AttemptRecord),
      };
    },
    async replay(names, id) {
      const { job, lane } = await find(names, id);
      const { run } = job.data as Delivery;
      const mark = keys.outcome(id);
      await asProducer(async () => {
        // Reopened first: a crash in between leaves a dead letter that can be replayed again, never a replay that ends unsent.
        const names = [
          mark,
          keys.job(lane, id),
          keys.totals(),
          run === undefined ? keys.totals() : keys.run(run),
        ];
        await redis.eval(REOPEN, names.length, ...names, job.failedReason, toLaneMark(lane));
        await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
      });
    },
  };
}

async function listLane(
  redis: Redis,
  lanes: Lanes,
  lane: string,
  limit: number,
): Promise<{ deadLetters: DeadLetter[]; total: number }> {
  return asProducer(async () => {
    const total = await redis.zcard(`${shardPrefix()}:${lane}:failed`);
    const jobs = (await lanes.queue(lane).getJobs(["failed"], 0, limit - 1, false)) as (Job | undefined)[];
    return {
      total,
      deadLetters: jobs.flatMap((job) => (job === undefined ? [] : [toDeadLetter(job, lane)])),
    };
  });
}

function toDeadLetter(job: Job, lane: string): DeadLetter {
  // A dead letter may be one because it is no delivery.
  const { run, action = "", customer } = (job.data ?? {}) as Partial<Delivery>;
  return {
    id: job.id ?? "",
    lane,
    run: run ?? null,
    action,
    customerId: typeof customer?.id === "bigint" ? String(customer.id) : (customer?.id ?? ""),
    reason: job.failedReason as Reason,
    attempts: job.attemptsMade,
    failedAt: job.finishedOn ?? 0,
  };
}
