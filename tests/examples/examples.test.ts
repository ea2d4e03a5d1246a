// The examples run as they stand, against what `npm run build` has made, by the packages' public names.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { compileAction } from "@postrider/compose";
import { createProducer } from "@postrider/producer";
import { createWorker } from "@postrider/worker";
import { expect, onTestFinished, test } from "vitest";
import { startApi } from "../support/api.ts";
import { ROOT, startProcess } from "../support/processes.ts";
import { redisBinary } from "../support/redis.ts";
import { startSystem } from "../support/system.ts";

test("the packages' own names lead to what they are for", () => {
  for (const entrance of [compileAction, createProducer, createWorker])
    expect(entrance).toBeTypeOf("function");
});

test("examples/enqueue.ts saves an action, enqueues a run and sees it delivered", async () => {
  // Of its own, since the example knows of no other key prefix than the default.
  const server = await startRedisServer({ binary: redisBinary() });
  onTestFinished(() => server.stop());
  await using system = await startSystem(undefined, { redis: server.url, keyPrefix: "postrider" });
  await system.startWorker();
  await using example = startProcess(
    process.execPath,
    ["--import", "tsx", `${ROOT}/examples/enqueue.ts`, `${system.receiver.url}/people`],
    { POSTRIDER_REDIS_URL: system.redisUrl },
  );

  expect(await example.exited).toEqual({ code: 0, signal: null });
  expect(example.stdout).toMatch(/1000 enqueued\n.*: 1000 delivered, 0 failed, 0 retries\n/);
  expect(system.receiver.requests).toHaveLength(1_000);
});

test("examples/client.ts streams a run over the API and reads every outcome", async () => {
  await using system = await startSystem();
  await using api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl });
  await system.startWorker();
  await using example = startProcess(
    process.execPath,
    ["--import", "tsx", `${ROOT}/examples/client.ts`, `${system.receiver.url}/people`],
    { POSTRIDER_URL: api.url },
  );

  expect(await example.exited).toEqual({ code: 0, signal: null });
  expect(example.stdout).toMatch(/1000 enqueued\n.*: 1000 delivered\n/);
  expect(system.receiver.requests).toHaveLength(1_000);
});
