// How Redis answers this process, as its own connection sees it.

import type { Registry } from "prom-client";
import { defineShown, defineSpan } from "./tally.ts";

/** From a Redis next door to one that answers no prober any more. */
const COMMAND_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export interface RedisMetrics {
  /** A probe was answered after so many seconds; null: not within a second. */
  probed(seconds: number | null): void;
  /** @param count of the shards whose Redis does not answer. */
  watchShards(count: () => number): void;
}

export function createRedisMetrics(registry: Registry): RedisMetrics {
  let isUp = false;
  let countAway = (): number => 0;
  defineShown(
    "gauge",
    {
      registry,
      name: "redis_up",
      help: "1 where Redis answered this process' latest probe, a second ago at most.",
      together: "min",
    },
    () => [{ labels: {}, value: Number(isUp) }],
  );
  defineShown(
    "gauge",
    {
      registry,
      name: "shards_away",
      help: "Shards whose Redis does not answer this process; the others go on.",
      together: "max",
    },
    () => [{ labels: {}, value: countAway() }],
  );
  const observe = defineSpan({
    registry,
    name: "redis_command_duration_seconds",
    help: "How long Redis took to answer this process' probes (PING, one a second), the wait for this process itself included.",
    buckets: COMMAND_SECONDS,
  });
  return {
    probed(seconds) {
      isUp = seconds !== null;
      if (seconds !== null) observe(seconds);
    },
    watchShards(count) {
      countAway = count;
    },
  };
}
