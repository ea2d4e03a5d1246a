import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { closedPort } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { ROOT, startProcess } from "../support/processes.ts";
import { redisBinary } from "../support/redis.ts";
import { findKeys } from "../support/redis-keys.ts";

const HOST = `
import { startRedisServer } from "@postrider/cli/redis/redis-server";
const server = await startRedisServer({ binary: process.argv[2] });
console.log(JSON.stringify({ pid: server.pid, directory: server.directory, url: server.url }));
process.on("SIGINT", () => undefined);
setInterval(() => undefined, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function ping(url: string): Promise<string> {
  const redis = openRedis(url);
  const answer = await redis.ping();
  redis.disconnect();
  return answer;
}

async function startHost() {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const script = join(directory, "host.mts");
  await writeFile(
    script,
    HOST.replace("@postrider/cli/redis/redis-server", join(ROOT, "packages/cli/src/redis/redis-server.ts")),
  );
  const host = startProcess(process.execPath, [
    "--conditions=@postrider/source",
    "--import",
    "tsx",
    script,
    redisBinary(),
  ]);
  const [line] = await host.waitForOutput(/\{.*\}/);
  return { host, directory, redis: JSON.parse(line) as { pid: number; directory: string; url: string } };
}

test("keeps a waiting delivery packed, data of a kilobyte included", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const producer = await createProducer({ redis: server.url, keyPrefix });
  await producer.actions.apply({ id: "a", url: "https://api.example.com/", body: "{{ customer }}" });

  const { id } = await producer.enqueue({ action: "a", customer: { id: 1, note: "n".repeat(1_024) } });

  const redis = new Redis(server.url, { replyMapping: "legacy" });
  const [key = ""] = await findKeys(redis, `:transactional:${id}`);
  expect(await redis.object("ENCODING", key)).toBe("listpack");
  redis.disconnect();
  await producer.close();
  await server.stop();
});

test("starts, answers, and leaves neither process nor directory when it is stopped", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  expect(await ping(server.url)).toBe("PONG");

  await server.stop();

  await eventually(() => expect([isAlive(server.pid), existsSync(server.directory)]).toEqual([false, false]));
});

test("dies with a parent that was killed with SIGKILL, and its directory goes too", async () => {
  const { host, directory, redis } = await startHost();
  expect(await ping(redis.url)).toBe("PONG");

  host.kill("SIGKILL");
  await host.exited;

  await eventually(() => expect([isAlive(redis.pid), existsSync(redis.directory)]).toEqual([false, false]));
  await rm(directory, { recursive: true });
});

test("Ctrl-C in the terminal, which reaches the whole group, leaves Redis to those who still drain", async () => {
  const { host, directory, redis } = await startHost();

  host.kill("SIGINT");

  expect(await ping(redis.url)).toBe("PONG");
  host.kill("SIGKILL");
  await host.exited;
  await eventually(() => expect(isAlive(redis.pid)).toBe(false));
  await rm(directory, { recursive: true });
});

test("killed and started again in its directory, it still has what it acknowledged", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const first = await startRedisServer({
    binary: redisBinary(),
    directory,
    port: await closedPort(),
    appendFsync: "always",
  });
  const redis = new Redis(first.url, { replyMapping: "legacy", maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  await redis.set("kept", "yes");
  await first.kill();

  const second = await startRedisServer({ binary: redisBinary(), directory, port: first.port });

  expect(await redis.get("kept")).toBe("yes");
  redis.disconnect();
  await second.stop();
  await rm(directory, { recursive: true });
});

test("the configured one is taken as it is, and told without its password; one that is away is an error", async () => {
  const said: string[] = [];
  const provided = await provideRedis({ url: inject("redisUrl"), say: (line) => said.push(line) });
  await provided.stop();

  expect(provided.url).toBe(inject("redisUrl"));
  expect(await ping(provided.url)).toBe("PONG");
  expect(said).toEqual([expect.stringContaining("POSTRIDER_REDIS_URL")]);
  await expect(provideRedis({ url: "redis://:s3cret@127.0.0.1:1", say: () => undefined })).rejects.toThrow(
    /does not answer/,
  );
  await expect(
    provideRedis({ url: "redis://:s3cret@127.0.0.1:1", say: () => undefined }),
  ).rejects.not.toThrow(/s3cret/);
});

test("sources are asked in order, and when none has a Redis the message says what to install", async () => {
  const asked: string[] = [];
  const source = (name: string) => async () => {
    asked.push(name);
    return null;
  };

  await expect(
    provideRedis({
      url: undefined,
      say: () => undefined,
      sources: [source("path"), source("container"), source("apt")],
    }),
  ).rejects.toThrow(/POSTRIDER_REDIS_URL.*redis-server.*Docker/);
  expect(asked).toEqual(["path", "container", "apt"]);
});

test("a server that cannot start says why, in its own words", async () => {
  const server = await startRedisServer({ binary: redisBinary() });

  await expect(startRedisServer({ binary: redisBinary(), port: server.port })).rejects.toMatchObject({
    code: "port_taken",
    message: expect.stringContaining("Address already in use"),
  });
  await server.stop();
});
