// `postrider up`: Redis, the API and a worker in one process tree, for development.

import type { RedisFiles } from "@postrider/redis/redis-tls";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { ProvidedRedis } from "../redis/provided-redis.ts";
import { refuseUrl } from "../with-producer.ts";
import { serveApi } from "./api.ts";
import { parseWhole } from "./whole.ts";
import { parentOption, runWorker } from "./worker.ts";

interface Options {
  readonly redisPort: number;
  readonly parent?: number;
}

/** Whoever tries things out has the receiver on this machine, too. */
const DEVELOPMENT_NETWORKS = ["127.0.0.0/8", "::1/128"];

/**
 * In development, unless a setting says otherwise, requests to this machine are let through; and that is
 * said.
 */
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
    .description("Start Redis (unless POSTRIDER_REDIS_URL names one), the API and a worker, for development")
    .option("--redis-port <port>", "port for the Redis that is started", parseWhole(1, 65_535), 6_379)
    .addOption(parentOption())
    .action(async ({ redisPort, parent }: Options) => {
      // Before anything is started: a slip in the settings must not leave a Redis behind for a moment.
      const given = context.settings();
      refuseUrl(given);
      const redis = await startRedis(redisPort, given, context);
      try {
        context.output.note(
          `Redis answers at ${redis.url}; other commands find it with --redis ${redis.url}`,
        );
        const settings = context.settings({ redisUrl: redis.url, ...allowThisMachine(context) });
        await runWorker(settings, parent, (log, until) => serveApi(settings, log, until));
      } finally {
        await redis.stop();
      }
    });
}

/**
 * @throws `port_taken`: another port would be silently wrong, since all other commands look for the usual
 * one.
 */
async function startRedis(
  port: number,
  files: RedisFiles,
  { surroundings, output }: Context,
): Promise<ProvidedRedis> {
  const { provideRedis } = await import("../redis/provide-redis.ts");
  try {
    return await provideRedis({
      url: surroundings.environment["POSTRIDER_REDIS_URL"],
      files,
      port,
      path: surroundings.environment["PATH"] ?? "",
      say: output.note,
    });
  } catch (error) {
    if (!hasCode(error, "port_taken")) throw error;
    const other = port + 1 <= 65_535 ? port + 1 : port - 1;
    throw new PostriderError(
      "port_taken",
      `port ${port} is taken, perhaps by a Redis of yours. To use that one: POSTRIDER_REDIS_URL=redis://127.0.0.1:${port}. To start another: --redis-port ${other}, and POSTRIDER_REDIS_URL=redis://127.0.0.1:${other} for all other commands`,
      { cause: error },
    );
  }
}
