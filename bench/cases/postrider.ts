// Postrider, complete and as built: enqueued through the producer library, delivered by `postrider worker`
// with its log on level info, its metrics served, and every policy of the action at its default.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SEMI_SPACE_MB } from "@postrider/cli/processes/generations";
import { RUN_SHARED_MAX } from "@postrider/producer/enqueue/routing";
import { createProducer } from "@postrider/producer/producer";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Case, OpenCase, World } from "../cases.ts";
import { customers, SHARDS_MAX, toAction } from "../workload.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

/** Complete. */
export const postrider = createCase("postrider", {});

const NO_OUTCOMES = { POSTRIDER_OUTCOMES_KEPT: "0" };
const NO_CUSTOMERS = { POSTRIDER_CUSTOMERS_KEPT_MS: "0" };
const NO_ROLL_UPS = { POSTRIDER_ROLL_UPS_MINUTES_KEPT_MS: "0" };

/** Without what is kept of deliveries for those who ask later: all of that costs the difference. */
export const keepingNothing = createCase("keeping-nothing", {
  ...NO_OUTCOMES,
  ...NO_CUSTOMERS,
  ...NO_ROLL_UPS,
});

/** Without one part of it each. */
export const keepingLess: readonly Case[] = [
  createCase("no-outcomes", NO_OUTCOMES),
  createCase("no-customers", NO_CUSTOMERS),
  createCase("no-roll-ups", NO_ROLL_UPS),
];

/**
 * With as many shards on the one Redis, and as much in flight in each as elsewhere in one: what a shard more
 * costs.
 */
export const severalShards: readonly Case[] = [2, SHARDS_MAX].map((count) =>
  createCase(`shards-${count}`, { POSTRIDER_SHARDS: String(count) }, count),
);

/** `postrider worker` as it is built. @param changes settings that are not the defaults. */
export function toWorker(
  { redisUrl, concurrency }: Pick<World, "redisUrl" | "concurrency">,
  changes: Readonly<Record<string, string>> = {},
): OpenCase["worker"] {
  if (!existsSync(COMMAND)) throw new Error("Postrider is not built: npm run build");
  return {
    // As the image and `npm start` begin it.
    command: [process.execPath, `--max-semi-space-size=${SEMI_SPACE_MB}`, COMMAND, "worker"],
    env: {
      POSTRIDER_REDIS_URL: redisUrl,
      // The sink is on this machine, which the guard refuses by default.
      POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
      POSTRIDER_CONCURRENCY: String(concurrency),
      POSTRIDER_METRICS_HOST: "127.0.0.1",
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_LOG_LEVEL: "info",
      ...changes,
    },
  };
}

/**
 * @param changes settings that are not the defaults, of producer and worker. @param times as many deliveries
 * in flight.
 */
function createCase(name: string, changes: Readonly<Record<string, string>>, times = 1): Case {
  return {
    name,
    async open({ redisUrl, sinkUrl, concurrency }) {
      const producer = await createProducer({ ...readSettings(changes), redis: redisUrl });
      const action = toAction(sinkUrl);
      await producer.actions.apply(action);
      let runs = 0;
      return {
        worker: toWorker({ redisUrl, concurrency: times * concurrency }, changes),
        async enqueue(first, count) {
          // A run's first thousand share a lane with everybody, the rest gets its own: here all stay in the
          // lane that the bench watches.
          for (let next = first; next < first + count; next += RUN_SHARED_MAX) {
            runs += 1;
            await producer.enqueueMany({
              action: action.id,
              customers: customers(next, Math.min(RUN_SHARED_MAX, first + count - next)),
              run: `bench-${runs}`,
            });
          }
        },
        close: () => producer.close(),
      };
    },
  };
}
