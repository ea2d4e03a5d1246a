// `postrider up`: Redis and a worker in one process tree, for development.

import type { Settings } from "@postrider/shared/settings";
import type { Command } from "commander";
import type { Context } from "../program.ts";
import { provideRedis } from "../redis/provide-redis.ts";
import { runWorker } from "./worker.ts";

/** Whoever tries things out has the receiver on this machine, too. */
const DEVELOPMENT_NETWORKS = ["127.0.0.0/8", "::1/128"];

/** In development, unless a setting says otherwise, requests to this machine are let through; and that is said. */
function allowThisMachine({ surroundings, output }: Context): Partial<Settings> {
  if ((surroundings.environment["POSTRIDER_ALLOW_NETWORKS"] ?? "") !== "") return {};
  output.note(
    `For development, requests to this machine are allowed (${DEVELOPMENT_NETWORKS.join(", ")}); \`postrider worker\` refuses them unless POSTRIDER_ALLOW_NETWORKS names them`,
  );
  return { allowNetworks: DEVELOPMENT_NETWORKS };
}

export function addUp(program: Command, context: Context): void {
  program
    .command("up")
    .description("Start Redis (unless POSTRIDER_REDIS_URL names one) and a worker, for development")
    .option("--redis-port <port>", "port for the Redis that is started", "6379")
    .action(async ({ redisPort }: { redisPort: string }) => {
      const { environment } = context.surroundings;
      const redis = await provideRedis({
        url: environment["POSTRIDER_REDIS_URL"],
        port: Number(redisPort),
        say: context.output.note,
      });
      try {
        context.output.note(
          `Redis answers at ${redis.url}; other commands find it with --redis ${redis.url}`,
        );
        await runWorker(context.settings({ redisUrl: redis.url, ...allowThisMachine(context) }));
      } finally {
        await redis.stop();
      }
    });
}
