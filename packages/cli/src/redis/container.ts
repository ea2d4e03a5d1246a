// Redis in a container, through testcontainers, where Docker answers. testcontainers is a development
// dependency: an installation without it simply has no containers.

import { keepingAll, type ProvidedRedis } from "./provided-redis.ts";

const IMAGE = "redis:7-alpine";
const REDIS_PORT = 6379;

/**
 * Starts a container that goes with this process (testcontainers' own reaper sees to that); null where Docker
 * does not answer.
 */
export async function startContainer(appendFsync: "everysec" | "always"): Promise<ProvidedRedis | null> {
  const library = await import("testcontainers").catch(() => null);
  if (library === null) return null;
  try {
    const container = await new library.GenericContainer(IMAGE)
      .withExposedPorts(REDIS_PORT)
      .withCommand(["redis-server", ...keepingAll(appendFsync)])
      .withWaitStrategy(library.Wait.forLogMessage(/Ready to accept connections/))
      .start();
    return {
      url: `redis://${container.getHost()}:${container.getMappedPort(REDIS_PORT)}`,
      source: `a container of ${IMAGE}, on port ${container.getMappedPort(REDIS_PORT)}`,
      stop: async () => void (await container.stop()),
    };
  } catch {
    // No Docker, or no image to be had: the next source is asked.
    return null;
  }
}
