// The examples by HTTP run as they stand, each in its language, against an API and a worker.

import { afterAll, beforeAll, expect, test } from "vitest";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { type RunningApi, startApi } from "../support/api.ts";
import { ROOT, startProcess } from "../support/processes.ts";
import { type System, startSystem } from "../support/system.ts";

let system: System;
let api: RunningApi;

beforeAll(async () => {
  system = await startSystem();
  await system.startWorker();
  api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const isThere = (program: string): boolean => findOnPath([program], process.env["PATH"] ?? "") !== null;

test.each([
  ["curl", "sh", "campaign.sh"],
  ["node", process.execPath, "campaign.mjs"],
  ["python3", "python3", "campaign.py"],
  ["ruby", "ruby", "campaign.rb"],
])("by %s: two enqueues are delivered, and bad input is told", async (language, program, file) => {
  // Every machine that runs these tests has curl and Node; the others are tried where they are.
  const isNeeded = language === "curl" || language === "node";
  if (!isNeeded && !isThere(language)) return;
  const path = `/${language}`;
  await using example = startProcess(program, [`${ROOT}/examples/${file}`, `${system.receiver.url}${path}`], {
    POSTRIDER_URL: api.url,
  });

  expect(await example.exited, example.stderr).toEqual({ code: 0, signal: null });
  const sent = system.receiver.requests.filter((request) => request.path === path);
  expect(sent.map(({ body }) => JSON.parse(body).id).sort()).toEqual([
    "ann",
    "bob",
    "cat",
    "dan",
    "eve",
    "fay",
  ]);
  for (const id of ["dan", "eve", "fay"]) expect(example.stdout).toMatch(new RegExp(`${id}\\b.*delivered`));
  expect(example.stdout).toMatch(/delivery_invalid.*\/customer\/id/s);
});
