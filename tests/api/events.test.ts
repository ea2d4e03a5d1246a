// Events over HTTP and on the command line, and who sees which.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { customers } from "../support/system.ts";

const tokens = {
  all: { name: "all", scopes: ["admin"], token: "a".repeat(40) },
  mine: { name: "mine", scopes: ["read"], actions: ["mine"], token: "m".repeat(40) },
  lane: { name: "lane", scopes: ["read"], lanes: ["transactional"], token: "l".repeat(40) },
};

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({ POSTRIDER_API_TOKENS: JSON.stringify(Object.values(tokens)) });
  for (const id of ["mine", "theirs"])
    await api.producer.actions.apply({ id, url: "https://x.example/", body: "{}" });
});
afterAll(() => api[Symbol.asyncDispose]());

const get = (path: string, token = tokens.all.token) => api.request("GET", path, { token });

interface Shown {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function hold(action: string, name: string, lane = "bulk"): Promise<void> {
  await api.producer.enqueueMany({ action, run: name, customers: customers(1), hold: true, lane });
  await api.producer.runs.pause(name);
}

test("waits for the first event; a narrowed token sees what is about its own actions or lanes, and no more", async () => {
  const waiting = get("/v1/events?wait=60");
  await hold("mine", "mine-run");
  expect((await waiting).json.events).toMatchObject([
    {
      type: "run.paused",
      timestamp: expect.stringMatching(/Z$/),
      data: { run: "mine-run", action: "mine@1", lane: "bulk" },
    },
  ]);
  await hold("theirs", "theirs-run", "transactional");
  for (const filter of [{ action: "mine" }, { action: "theirs" }, {}])
    await api.producer.tasks.begin({ do: "purge", filter }, "somebody");
  const told = await eventually(async () => {
    const { events } = (await get("/v1/events")).json as { events: Shown[] };
    expect(events).toHaveLength(5);
    return events;
  });

  const of = async (token: string) =>
    ((await get("/v1/events", token)).json.events as Shown[]).map(({ id }) => id);
  const ids = (isMeant: (data: Shown["data"]) => boolean) =>
    told.filter(({ data }) => isMeant(data)).map(({ id }) => id);
  expect(await of(tokens.mine.token)).toEqual(ids(({ action }) => /^mine(@|$)/.test(String(action))));
  expect(await of(tokens.mine.token)).toHaveLength(2);
  expect(await of(tokens.lane.token)).toEqual(ids((data) => data["run"] === "theirs-run"));
  const stream = await get("/v1/events/stream?start=oldest", tokens.mine.token);
  expect(stream.text).toMatch(/event: event\nid: 0\.1-\d+\ndata: \{"cursor":"0\.1-/);
  expect(stream.text).not.toContain("theirs");
});

test("the end of a task is told once, also by whoever finds that it may not have been told", async () => {
  const { id } = await api.producer.tasks.begin({ do: "purge", filter: { reason: "gone" } }, "on-call");
  const told = async () =>
    ((await get("/v1/events?limit=1000")).json.events as Shown[]).filter(({ data }) => data["task"] === id);
  const [event] = await eventually(async () => {
    expect(await told()).toHaveLength(1);
    return told();
  });
  // As a process leaves it that was killed between telling it and forgetting that it was to be told.
  const redis = openRedis(api.redisUrl);
  await redis.zadd(storeKeys.untoldTasks(), Date.now(), id);
  await eventually(async () => expect(await redis.zcard(storeKeys.untoldTasks())).toBe(0));
  redis.disconnect();

  expect(event).toMatchObject({
    id: `task.finished:${id}`,
    data: { task: id, do: "purge", state: "done", by: "on-call", counts: { purged: 0 }, code: null },
  });
  expect(await told()).toHaveLength(1);
});

test("the command line prints events, and makes, shows, tries and removes subscriptions", async () => {
  const postrider = (...args: string[]) => run(args, { POSTRIDER_REDIS_URL: api.redisUrl });
  const tailed = await postrider("events", "tail", "--start", "oldest", "--once", "--json", "--group", "g");
  const [first] = tailed.stdout.split("\n");
  expect(JSON.parse(first ?? "")).toMatchObject({ type: "run.paused", data: { run: "mine-run" } });
  expect((await postrider("events", "tail", "--start", "oldest", "--once")).stdout).toMatch(
    /run\.paused {2}.*run mine-run/,
  );
  expect(JSON.parse((await postrider("events", "groups", "--json")).stdout)).toMatchObject({
    groups: [{ group: "g" }],
  });
  expect((await postrider("events", "remove-group", "g")).code).toBe(0);

  const set = ["subscriptions", "set", "ops", "--action", "mine"];
  expect(await postrider(...set)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("must be given, or outcomes"),
  });
  expect(await postrider(...set, "--event", "run.complete")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean run.completed?"),
  });
  expect((await postrider(...set, "--event", "run.paused", "--outcome", "failed")).stdout).toBe(
    "subscription ops made: run.paused, outcomes outcome failed\n",
  );
  expect((await postrider("subscriptions", "list")).stdout).toMatch(
    /ops +mine +0 +0 +0 +run\.paused, outcomes/,
  );
  expect(JSON.parse((await postrider("subscriptions", "show", "ops", "--json")).stdout)).toMatchObject({
    events: ["run.paused"],
    outcomes: { outcome: "failed" },
    problem: null,
  });
  const { delivery } = JSON.parse((await postrider("subscriptions", "test", "ops", "--json")).stdout);
  expect((await api.producer.deliveries.show(delivery)).state).toBe("waiting");
  expect((await postrider("subscriptions", "remove", "ops")).code).toBe(0);
  expect((await postrider("subscriptions", "show", "ops")).code).toBe(1);
});
