// Runs: batches of deliveries enqueued together, with counters that add up.

import { toRunTag } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { keys, RUN_KEPT_SECONDS, shardPrefix } from "@postrider/shared/lanes";
import { asProducer } from "@postrider/shared/redis";
import type { Redis } from "ioredis";

export interface RunCounters {
  readonly enqueued: number;
  readonly delivered: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  /** Enqueued, not ended and not in flight: due, or delayed. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Attempts after which a delivery waited for another one. */
  readonly retries: number;
}

export interface Run extends RunCounters {
  readonly run: string;
  /** `id@version`. */
  readonly action: string;
  readonly lane: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Failed deliveries by reason. */
  readonly failedByReason: Readonly<Record<string, number>>;
}

export interface Runs {
  /** A run's facts and counters. @throws `run_unknown`. */
  get(run: string): Promise<Run>;
  /** Opens a run, or checks that the one that exists is the same. @throws `run_mismatch`. */
  open(run: string, facts: { action: string; lane: string }): Promise<void>;
  /** The action version with which a run was opened; null when there is no such run. */
  actionOf(run: string): Promise<string | null>;
}

/** Input: KEYS run; ARGV action, lane, now, ttl seconds. Output: {action, lane} of the run as it stands. */
const OPEN = `
redis.call("HSETNX", KEYS[1], "action", ARGV[1])
redis.call("HSETNX", KEYS[1], "lane", ARGV[2])
redis.call("HSETNX", KEYS[1], "createdAt", ARGV[3])
redis.call("EXPIRE", KEYS[1], ARGV[4])
return redis.call("HMGET", KEYS[1], "action", "lane")
`;

export function createRuns(redis: Redis): Runs {
  return {
    async get(run) {
      const fields = await asProducer(() => redis.hgetall(keys.run(run)));
      const { action, lane, createdAt } = fields;
      if (action === undefined || lane === undefined)
        throw new PostriderError("run_unknown", `no run is called ${run}`);
      // Counters are read before the claims, so a delivery that ends in between is counted once, as ended or as waiting.
      const claimed = await asProducer(() => redis.lrange(`${shardPrefix()}:${lane}:active`, 0, -1));
      const tag = `${toRunTag(run)}.`;
      return {
        run,
        action,
        lane,
        createdAt: Number(createdAt),
        ...count(fields, claimed.filter((id) => id.startsWith(tag)).length),
      };
    },
    async open(run, { action, lane }) {
      const reply = await asProducer(() =>
        redis.eval(OPEN, 1, keys.run(run), action, lane, Date.now(), RUN_KEPT_SECONDS),
      );
      const [openedWith, openedIn] = reply as [string, string];
      if (openedWith === action && openedIn === lane) return;
      throw new PostriderError(
        "run_mismatch",
        `the run ${run} exists with ${openedWith} in lane ${openedIn}, not with ${action} in ${lane}; choose another run id, or enqueue ${openedWith} to go on with it`,
      );
    },
    actionOf: (run) => asProducer(() => redis.hget(keys.run(run), "action")),
  };
}

function count(
  fields: Readonly<Record<string, string>>,
  claimed: number,
): RunCounters & Pick<Run, "failedByReason"> {
  const read = (name: string): number => Number(fields[name] ?? 0);
  const [enqueued, delivered, failed, expired, cancelled] = [
    read("enqueued"),
    read("delivered"),
    read("failed"),
    read("expired"),
    read("cancelled"),
  ];
  const open = Math.max(0, enqueued - delivered - failed - expired - cancelled);
  // A claim whose outcome is recorded and not yet settled is still in BullMQ's list; it has ended all the same.
  const inFlight = Math.min(claimed, open);
  const failedByReason = Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith("failed:") ? [[name.slice("failed:".length), Number(value)]] : [],
    ),
  );
  return {
    enqueued,
    delivered,
    failed,
    expired,
    cancelled,
    waiting: open - inFlight,
    inFlight,
    retries: read("retries"),
    failedByReason,
  };
}
