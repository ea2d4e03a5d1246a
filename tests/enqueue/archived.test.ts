// An archived action takes nothing new, by whichever door; what it has taken is sent, and it can be brought
// back.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { dropArchived } from "@postrider/worker/maintain/dissolve";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { toShard, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { reply } from "../support/receiver.ts";
import { customers, type System, startSystem } from "../support/system.ts";

let isBroken = true;
let system: System;
let api: RunningApi;
let environment: Record<string, string>;
beforeAll(async () => {
  system = await startSystem(({ body }) => reply(isBroken && body.includes('"bad"') ? 400 : 200));
  environment = { POSTRIDER_REDIS_URL: system.redisUrl };
  api = await startApi(environment);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

/** Customers without end, one now and then. */
async function* endless(taken: { count: number }) {
  for (;;) {
    taken.count += 1;
    yield { id: `c${taken.count}` };
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("archived while a run is enqueued: it takes no more, says how to go on, and what is in is sent", async () => {
  const { producer } = system;
  await system.apply();
  const taken = { count: 0 };
  const enqueueing = producer.enqueueMany({ action: "a", run: "r", customers: endless(taken) });
  const refused = expect(enqueueing).rejects.toMatchObject({
    code: "action_archived",
    message: expect.stringMatching(/saving a version again, or with: postrider actions restore a$/),
  });
  await eventually(async () => expect((await producer.runs.get("r")).enqueued).toBeGreaterThan(0));
  expect(await producer.actions.archive("a")).toEqual({ isChanged: true });
  expect(await producer.actions.archive("a")).toEqual({ isChanged: false });
  await refused;
  const { enqueued } = await producer.runs.get("r");

  const order = { action: "a", customer: { id: "new" } };
  for (const attempt of [
    () => producer.enqueue(order),
    () => producer.enqueue({ ...order, action: "a@1" }),
    () => producer.enqueueAll([order]),
    () => producer.enqueueMany({ action: "a", run: "r", customers: customers(1) }),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: "action_archived" });
  expectProblem(await api.request("POST", "/v1/deliveries", { body: order }), "action_archived");
  const streamed = await api.request("POST", "/v1/actions/a/deliveries", {
    body: '{"id":1}\n',
    headers: { "content-type": "application/x-ndjson" },
  });
  expect(streamed.text).toContain('"code":"action_archived"');

  await system.startWorker();
  await system.untilEnded("r");
  expect(await producer.runs.get("r")).toMatchObject({ enqueued, delivered: enqueued });

  // Saved again, it is open, and the run goes on where it was.
  expect(await producer.actions.apply({ ...(await producer.actions.get("a")).action })).toMatchObject({
    isNew: false,
    isRestored: true,
  });
  const goesOn = [...Array(enqueued + 5).keys()].map((index) => ({ id: `c${index + 1}` }));
  expect(await producer.enqueueMany({ action: "a", run: "r", customers: goesOn })).toMatchObject({
    enqueued: 5,
    duplicates: enqueued,
  });
});

test("a dead letter of an archived action is replayed with the version that it had", async () => {
  const { producer } = system;
  await system.apply({ id: "dead", url: `${system.receiver.url}/first` });
  await system.apply({ id: "dead", url: `${system.receiver.url}/second` });
  await system.startWorker();
  const { id } = await producer.enqueue({ action: "dead@1", customer: { id: "bad" } });
  await eventually(async () => expect((await producer.deadLetters.list()).total).toBe(1));
  await producer.actions.archive("dead");
  isBroken = false;

  expect(await producer.deadLetters.replay({ ids: [id] })).toMatchObject({ replayed: 1 });
  await eventually(() =>
    expect(system.receiver.requests.filter(({ key }) => key === id).map(({ path }) => path)).toEqual([
      "/first",
      "/first",
    ]),
  );
});

test("lists hide archived actions unless they are asked for, and the command line archives and restores", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "customers.ndjson");
  await writeFile(path, '{"id":1}\n');
  await system.apply({ id: "listed" });
  const ids = async (query: string) =>
    (await api.request("GET", `/v1/actions${query}`)).json.actions.map(({ id }: { id: string }) => id);

  expect((await run(["actions", "archive", "listed"], environment)).stdout).toMatch(
    /^listed archived: nothing/,
  );
  expect(await ids("")).not.toContain("listed");
  expect(await ids("?archived=true")).toContain("listed");
  expect((await run(["actions", "list"], environment)).stdout).not.toContain("listed");
  expect((await run(["actions", "list", "--archived"], environment)).stdout).toMatch(/listed +1 +20\d\d-/);
  expect((await run(["actions", "show", "listed"], environment)).stdout).toMatch(
    /^# listed@1, archived since /,
  );
  const refused = await run(["enqueue", "listed", "--customers", path], environment);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("actions restore listed")]);

  expect((await run(["actions", "restore", "listed"], environment)).stdout).toBe("listed is open again\n");
  expect((await run(["actions", "restore", "listed"], environment)).stdout).toBe("listed was open already\n");
  expect(await ids("")).toContain("listed");
  expect((await run(["actions", "archive", "nothing"], environment)).code).toBe(1);
  expect((await api.request("DELETE", "/v1/actions/listed")).status).toBe(204);
  expect((await api.request("POST", "/v1/actions/listed/restore")).json).toMatchObject({ archivedAt: null });
});

test("an archived action's limits go when nothing waits under them, and are back with it", async () => {
  const { producer } = system;
  const redis = openRedis(system.redisUrl);
  onTestFinished(() => redis.disconnect());
  const origin = "https://limited.example";
  const directory = createLaneDirectory(toShard(redis));
  const limits = async () => {
    await directory.refresh();
    await dropArchived(toShard(redis), toStore(redis), directory);
    return (await producer.destinations.show(origin)).limits;
  };
  await producer.destinations.pause(origin);
  for (const [id, ratePerSecond] of [
    ["strict", 1],
    ["lax", 7],
  ] as const)
    await system.apply({ id, url: `${origin}/`, limits: { ratePerSecond } });
  const { id } = await producer.enqueue({ action: "strict", customer: { id: 1 } });

  await producer.actions.archive("strict");
  expect(await limits()).toEqual({ ratePerSecond: 1 });
  await producer.deliveries.cancel(id);
  expect(await limits()).toEqual({ ratePerSecond: 7 });
  await producer.actions.restore("strict");
  expect(await limits()).toEqual({ ratePerSecond: 1 });
});
