// Redis behind a real Sentinel: its place is learned from the connection, and no delivery gets there.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { redisBinary } from "../support/redis.ts";
import { startSystem } from "../support/system.ts";

/** A Sentinel that watches over the Redis on a port of this machine. */
async function startSentinel(redisPort: string) {
  const directory = await mkdtemp(join(tmpdir(), "postrider-sentinel-"));
  const port = await closedPort();
  const file = join(directory, "sentinel.conf");
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${redisPort} 1`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = spawn(redisBinary(), [file, "--sentinel"], { stdio: "ignore" });
  return {
    port,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

test("the Redis that Sentinels name cannot be reached by a delivery", async () => {
  await using system = await startSystem();
  const redis = new URL(system.redisUrl);
  await using sentinel = await startSentinel(redis.port);
  await system.startWorker({
    POSTRIDER_REDIS_URL: `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster${redis.pathname}`,
  });
  await system.apply({ url: `http://127.0.0.1:${redis.port}/` });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () => expect(await system.producer.outcomes.get(id)).not.toBeNull());

  const shown = await system.producer.deadLetters.show(id);
  expect(shown.history).toMatchObject([{ finding: { problems: [{ field: "url", code: "own_port" }] } }]);
});
