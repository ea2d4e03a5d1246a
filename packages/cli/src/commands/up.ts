// `postrider up`: Redis and a worker in one process tree, for development.

import type { Command } from "commander";
import type { Context } from "../program.ts";
import { provideRedis } from "../redis/provide-redis.ts";
import { runWorker } from "./worker.ts";

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
        await runWorker(context.settings({ redisUrl: redis.url }));
      } finally {
        await redis.stop();
      }
    });
}
