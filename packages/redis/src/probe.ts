// Asks Redis again and again whether it answers, and how soon.

import type { Logger } from "@postrider/shared/log";
import type { RedisMetrics } from "@postrider/shared/redis-metrics";
import type { Redis } from "ioredis";
import { repeat } from "./periodic.ts";
import { within } from "./within.ts";

const PROBE_MS = 1_000;
/** An answer that takes longer is none. */
const ANSWER_MS = 1_000;

/** Probes until it is stopped. */
export function probeRedis(redis: Redis, metrics: RedisMetrics, log: Logger): ReturnType<typeof repeat> {
  let due: Promise<unknown> | null = null;
  const probe = async (): Promise<void> => {
    const startedAt = performance.now();
    // While Redis is away a worker's commands wait; one that waits is enough.
    due ??= redis
      .ping()
      .catch(() => null)
      .finally(() => (due = null));
    const answer = await within(ANSWER_MS, due);
    metrics.probed(answer === "PONG" ? (performance.now() - startedAt) / 1_000 : null);
  };
  return repeat("probe", PROBE_MS, probe, log);
}
