// Asks Redis again and again whether it answers, and how soon.

import type { Logger } from "@postrider/shared/log";
import type { RedisMetrics } from "@postrider/shared/redis-metrics";
import type { RedisClient } from "./home-cluster.ts";
import { repeat } from "./periodic.ts";
import { within } from "./within.ts";

const PROBE_MS = 1_000;
/** Redis is up while it answers within this. */
const ANSWER_MS = 1_000;

/** Probes until it is stopped. */
export function probeRedis(
  redis: RedisClient,
  metrics: RedisMetrics,
  log: Logger,
): ReturnType<typeof repeat> {
  let asked: Promise<number | null> | null = null;
  const ask = async (): Promise<number | null> => {
    const sentAt = performance.now();
    const answer = await redis.ping().catch(() => null);
    asked = null;
    return answer === "PONG" ? performance.now() - sentAt : null;
  };
  const probe = async (): Promise<void> => {
    // While Redis is away a worker's commands wait; one that waits is enough. What it takes is its own time,
    // in whichever turn it ends.
    asked ??= ask();
    const took = await within(ANSWER_MS, asked);
    metrics.probed(took !== null && took <= ANSWER_MS ? took / 1_000 : null);
  };
  return repeat("probe", PROBE_MS, probe, log);
}
