// Tasks: replays and purges that go on by themselves, whichever API process dies meanwhile.

import { createProducer } from "@postrider/producer/producer";
import { claimTask } from "@postrider/redis/scripts/claim-task";
import { reportTask } from "@postrider/redis/scripts/report-task";
import { expect, test } from "vitest";
import { type Answered, expectProblem, type RunningApi, request, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { bury, takeStock } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys, storeKeys, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { type StartedProcess, startPostrider } from "../support/processes.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { findKeys } from "../support/redis-keys.ts";

async function begin(api: Pick<RunningApi, "request">, body: unknown): Promise<string> {
  const begun = await api.request("POST", "/v1/tasks", { body });
  expect(begun.status, begun.text).toBe(202);
  expect(begun.headers.get("location")).toBe(`/v1/tasks/${begun.json.id}`);
  return begun.json.id;
}

/** The task once it has ended. */
function untilEnded(ask: () => Promise<Answered>): Promise<Answered["json"]> {
  return eventually(async () => {
    const { json } = await ask();
    expect(["done", "stopped", "failed"]).toContain(json.state);
    return json;
  });
}

test("a replay is counted first, changes nothing then, and carried out when it is begun", async () => {
  await using api = await startApi();
  const redis = openRedis(api.redisUrl);
  const meant = await bury(redis, { count: 130, run: "spring", labels: ["vip"] });
  const others = await bury(redis, { count: 20, run: "autumn" });
  const filter = { label: "vip", action: "a" };

  const counted = await api.request("POST", "/v1/tasks", { body: { do: "replay", filter, dryRun: true } });
  expect([counted.status, counted.json]).toEqual([200, { dryRun: true, count: 130, isComplete: true }]);
  expect(await takeStock(redis, "bulk", meant)).toMatchObject({ dead: 130 });
  const id = await begin(api, { do: "replay", filter, rate: 10_000 });
  const task = await untilEnded(() => api.request("GET", `/v1/tasks/${id}`));

  expect(task).toMatchObject({
    do: "replay",
    state: "done",
    by: "anybody",
    filter,
    rate: 10_000,
    progress: { looked: 150, of: 150 },
    counts: { replayed: 130, hastened: 0, pending: 0, expired: 0, cancelled: 0 },
    isStopping: false,
    error: null,
  });
  expect(Date.parse(task.endedAt)).toBeGreaterThanOrEqual(Date.parse(task.startedAt));
  expect(await takeStock(redis, "bulk", meant)).toEqual({ dead: 0, waiting: 130, unsound: [] });
  expect(await takeStock(redis, "bulk", others)).toMatchObject({ dead: 20 });
  const purge = await begin(api, { do: "purge", all: true });
  const purged = await untilEnded(() => api.request("GET", `/v1/tasks/${purge}`));
  expect(purged).toMatchObject({ state: "done", counts: { purged: 20 }, rate: null });
  const { tasks } = (await api.request("GET", "/v1/tasks")).json;
  expect(tasks.map((one: { id: string }) => one.id)).toEqual([purge, id]);
  expect((await api.request("GET", "/v1/tasks?limit=1")).json.tasks).toHaveLength(1);
  redis.disconnect();
});

test("a cancel is counted first, ends what waits, leaves what is in flight, and is counted as a task", async () => {
  await using api = await startApi();
  const { producer } = api;
  await producer.actions.apply({ id: "a", url: "https://api.example.com/", body: "{}" });
  const customers = Array.from({ length: 1_130 }, (_, index) => ({ id: index }));
  await producer.enqueueMany({ action: "a", run: "spring", customers, labels: ["vip"] });
  await producer.enqueueMany({ action: "a", run: "autumn", customers: customers.slice(0, 20) });
  const filter = { label: "vip", action: "a" };

  const body = { do: "cancel", filter };
  const counted = await api.request("POST", "/v1/tasks", { body: { ...body, dryRun: true } });
  expect([counted.status, counted.json]).toEqual([200, { dryRun: true, count: 1_130, isComplete: true }]);
  const id = await begin(api, body);
  const task = await untilEnded(() => api.request("GET", `/v1/tasks/${id}`));
  expect(task).toMatchObject({
    do: "cancel",
    state: "done",
    filter,
    rate: null,
    progress: { looked: 1_150, of: 1_150 },
    counts: { cancelled: 1_130, inFlight: 0 },
  });
  expect(await producer.runs.get("spring")).toMatchObject({
    state: "completed",
    cancelled: 1_130,
    waiting: 0,
  });
  expect(await producer.runs.get("autumn")).toMatchObject({ cancelled: 0, waiting: 20 });
  const page = (await api.request("GET", "/metrics")).text;
  expect(page).toMatch(/^postrider_tasks_total\{do="cancel",state="done"\} 1$/m);
  expect(page).toMatch(/^postrider_tasks_total\{do="purge",state="failed"\} 0$/m);
  expect(page).toMatch(/^postrider_tasks_running\{do="cancel"\} 0$/m);
});

test("what a body may not say is told with its place, and no empty filter means all by accident", async () => {
  await using api = await startApi();
  const refused = async (body: unknown, ...pointers: string[]): Promise<void> => {
    const answered = await api.request("POST", "/v1/tasks", { body });
    expectProblem(answered, "request_invalid");
    expect(answered.json.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  };

  await refused({ do: "replay" }, "/all");
  await refused({ do: "purge", filter: {} }, "/all");
  await refused({ do: "purge", filter: { run: "x" }, all: true }, "/all");
  await refused({ do: "purge", all: false }, "/all");
  await refused({ do: "dance", filter: { run: "x" } }, "/do");
  await refused({ do: "purge", filter: { run: "x" }, newKey: true }, "/newKey");
  await refused({ do: "replay", filter: { run: "x" }, rate: 0 }, "/rate");
  await refused(
    { do: "replay", filter: { run: "a b", customer: "", reason: "bad luck", colour: 1, from: "today" } },
    ...["customer", "run", "reason", "from", "colour"].map((name) => `/filter/${name}`),
  );
  const { from, to } = { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" };
  await refused({ do: "replay", filter: { from, to } }, "/filter/to");
  await refused({ do: "cancel" }, "/all");
  await refused({ do: "cancel", filter: { state: "waiting", outcome: "failed" } }, "/filter/outcome");
  await refused({ do: "cancel", filter: { run: "x" }, presentVersion: true }, "/presentVersion");
  for (const body of [
    { do: "cancel", filter: { state: "ended" } },
    { do: "cancel", filter: { outcome: "failed" }, dryRun: true },
  ])
    expectProblem(await api.request("POST", "/v1/tasks", { body }), "filter_invalid");
  const notFailed = { do: "purge", filter: { outcome: "expired" } };
  expectProblem(await api.request("POST", "/v1/tasks", { body: notFailed }), "dead_letters_invalid");
  expectProblem(await api.request("GET", "/v1/tasks/t0"), "task_unknown");
  expectProblem(await api.request("DELETE", "/v1/tasks/t0"), "task_unknown");
  expect((await api.request("POST", "/v1/tasks", { body: { do: "purge", dryRun: true } })).json.count).toBe(
    0,
  );
});

test("a task stops between two steps, or before its first one; what was done stays", async () => {
  await using api = await startApi();
  const redis = openRedis(api.redisUrl);
  const ids = await bury(redis, { count: 50, run: "r" });
  const id = await begin(api, { do: "replay", filter: { run: "r" }, rate: 1 });
  await eventually(async () =>
    expect((await api.request("GET", `/v1/tasks/${id}`)).json.counts.replayed).toBeGreaterThan(0),
  );

  const told = await api.request("DELETE", `/v1/tasks/${id}`);
  expect(told.json).toMatchObject({ state: "running", isStopping: true });
  const task = await untilEnded(() => api.request("GET", `/v1/tasks/${id}`));
  expect(task).toMatchObject({ state: "stopped", isStopping: false, error: null });
  const { waiting } = await takeStock(redis, "bulk", ids);
  expect(task.counts.replayed).toBe(waiting);
  expect(waiting).toBeLessThan(50);
  expect((await api.request("DELETE", `/v1/tasks/${id}`)).json).toMatchObject({ state: "stopped" });

  const environment = { POSTRIDER_REDIS_URL: api.redisUrl };
  const slow = await begin(api, { do: "replay", filter: { run: "r" }, rate: 0.001 });
  expect((await run(["tasks", "stop", slow], environment)).stdout).toMatch(/stopped|stops after its step/);
  await untilEnded(() => api.request("GET", `/v1/tasks/${slow}`));
  const listed = await run(["tasks", "list"], environment);
  expect(listed.stdout).toMatch(new RegExp(`${slow} +replay +run r +stopped .* anybody`));
  expect((await run(["tasks", "stop", "t0"], environment)).code).toBe(1);
  redis.disconnect();
});

test("what fails is a failed task with its problem", async () => {
  await using api = await startApi();
  const redis = openRedis(api.redisUrl);
  await bury(redis, { count: 3, run: "r", action: "nowhere@1" });

  const id = await begin(api, { do: "replay", filter: { run: "r" }, presentVersion: true });
  const task = await untilEnded(() => api.request("GET", `/v1/tasks/${id}`));
  expect(task).toMatchObject({
    state: "failed",
    error: { code: "action_unknown", status: 404, problems: [] },
  });
  const shown = await run(["tasks", "show", id], { POSTRIDER_REDIS_URL: api.redisUrl });
  expect(shown.stdout).toMatch(/state +failed[\s\S]*\(action_unknown\)/);
  redis.disconnect();
});

test("a narrowed token begins and sees tasks of its own actions only", async () => {
  const known = ["one", "two", "lane", "all"].map((name) => ({
    name,
    scopes: ["manage"],
    token: `${name}-token-of-thirty-two-characters`,
    ...(name === "lane" ? { lanes: ["bulk"] } : name !== "all" && { actions: [name] }),
  }));
  await using api = await startApi({ POSTRIDER_API_TOKENS: JSON.stringify(known) });
  const as = (name: string, method: string, path: string, body?: unknown) =>
    api.request(method, path, { token: `${name}-token-of-thirty-two-characters`, body });

  for (const filter of [{ run: "r" }, { action: "two" }, { lane: "bulk" }]) {
    expectProblem(await as("one", "POST", "/v1/tasks", { do: "purge", filter }), "forbidden");
    expectProblem(await as("one", "POST", "/v1/tasks", { do: "purge", filter, dryRun: true }), "forbidden");
  }
  expectProblem(await as("one", "POST", "/v1/tasks", { do: "purge", all: true }), "forbidden");
  expectProblem(
    await as("lane", "POST", "/v1/tasks", { do: "purge", filter: { action: "one" } }),
    "forbidden",
  );
  const one = (await as("one", "POST", "/v1/tasks", { do: "purge", filter: { action: "one@3" } })).json;
  const two = (await as("two", "POST", "/v1/tasks", { do: "purge", filter: { action: "two" } })).json;
  const lane = (await as("lane", "POST", "/v1/tasks", { do: "purge", filter: { lane: "bulk" } })).json;
  expect([one.by, two.by, lane.by]).toEqual(["one", "two", "lane"]);
  const seen = async (name: string) =>
    new Set((await as(name, "GET", "/v1/tasks")).json.tasks.map(({ id }: { id: string }) => id));
  expect(await seen("one")).toEqual(new Set([one.id]));
  expect(await seen("lane")).toEqual(new Set([lane.id]));
  expect(await seen("all")).toEqual(new Set([one.id, two.id, lane.id]));
  expectProblem(await as("two", "GET", `/v1/tasks/${one.id}`), "task_unknown");
  expectProblem(await as("two", "DELETE", `/v1/tasks/${one.id}`), "task_unknown");
  expect((await as("all", "GET", `/v1/tasks/${one.id}`)).status).toBe(200);
});

/** An API process of its own, and its address. */
async function startProcess(
  redisUrl: string,
): Promise<AsyncDisposable & { readonly api: StartedProcess; readonly url: string }> {
  const api = startPostrider(["api"], { POSTRIDER_REDIS_URL: redisUrl, POSTRIDER_API_PORT: "0" });
  const [, url = ""] = await api.waitForOutput(/"address":"(http:[^"]+)"/);
  return { api, url, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

test("a killed API's task is taken up by another one, which keeps its rate and counts on", async () => {
  const RATE = 10;
  const COUNT = 150;
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  const ids = await bury(redis, { count: COUNT, run: "r" });
  // Each stays a dead letter, and must be counted once.
  const expired = await bury(redis, { count: 5, run: "old", from: Date.now() - 60_000 });
  for (const [index, id] of expired.entries()) {
    const data = { v: 1, action: "a@1", run: "old", customer: { id: `c${index}` }, expiresAt: 1 };
    await redis.hset(shardKeys.job("bulk", id), "data", JSON.stringify(data));
  }
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "b", url: "https://api.example.com/", body: "{}" });
  await producer.enqueueMany({ action: "b", run: "w", customers: ids.map((id) => ({ id })) });
  await using holder = await startProcess(redisUrl);
  await using heir = await startProcess(redisUrl);
  // Until then it takes none, however long either of them takes.
  heir.api.kill("SIGSTOP");
  const ofHolder: Pick<RunningApi, "request"> = { request: (...args) => request(holder.url, ...args) };
  const id = await begin(ofHolder, { do: "replay", filter: { action: "a" }, rate: RATE });
  const cancel = await begin(ofHolder, { do: "cancel", filter: { action: "b" }, rate: RATE });
  await eventually(async () => {
    expect((await producer.tasks.get(id)).counts["replayed"]).toBeGreaterThan(20);
    expect((await producer.tasks.get(cancel)).counts["cancelled"]).toBeGreaterThan(20);
  });

  holder.api.kill("SIGKILL");
  await holder.api.exited;
  heir.api.kill("SIGCONT");
  const { waiting: done } = await takeStock(redis, "bulk", ids);
  await heir.api.waitForOutput(/"task taken up"/);
  const task = await untilEnded(() => request(heir.url, "GET", `/v1/tasks/${id}`));

  const { dead, waiting, unsound } = await takeStock(redis, "bulk", ids);
  expect({ dead, waiting, unsound }).toEqual({ dead: 0, waiting: COUNT, unsound: [] });
  // Of a rate of 10 each step is one letter: no more than one is not counted.
  expect(task).toMatchObject({ state: "done", counts: { expired: 5 } });
  expect(task.counts.replayed).toBeGreaterThanOrEqual(COUNT - 1);
  expect(task.counts.replayed).toBeLessThanOrEqual(COUNT);
  expect(done).toBeLessThan(COUNT);
  const cancelled = await untilEnded(() => request(heir.url, "GET", `/v1/tasks/${cancel}`));
  expect(cancelled).toMatchObject({ state: "done", counts: { inFlight: 0 } });
  expect(cancelled.counts.cancelled).toBeGreaterThanOrEqual(COUNT - 1);
  expect(cancelled.counts.cancelled).toBeLessThanOrEqual(COUNT);
  expect(await producer.runs.get("w")).toMatchObject({ cancelled: COUNT, waiting: 0, state: "completed" });
  expect((await producer.outcomes.read({ limit: 1_000 })).outcomes).toHaveLength(COUNT);
  await producer.close();
  redis.disconnect();
});

test("a rate is kept, however often a task changes hands", async () => {
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  const ids = await bury(redis, { count: 5, run: "r" });
  const untilWaiting = (count: number) =>
    eventually(async () =>
      expect((await takeStock(redis, "bulk", ids)).waiting).toBeGreaterThanOrEqual(count),
    );
  let id = "";
  {
    await using api = await startApi({ POSTRIDER_REDIS_URL: redisUrl });
    id = await begin(api, { do: "replay", filter: { run: "r" }, rate: 0.2 });
    await untilWaiting(1);
  }
  const nextAt = Number(await redis.hget(storeKeys.task(id), "nextAt"));
  for (let hands = 0; hands < 3; hands++) {
    await using api = await startApi({ POSTRIDER_REDIS_URL: redisUrl });
    await eventually(async () =>
      expect((await api.request("GET", `/v1/tasks/${id}`)).json.state).toBe("running"),
    );
  }
  await using _ = await startApi({ POSTRIDER_REDIS_URL: redisUrl });
  await untilWaiting(2);

  const { waiting } = await takeStock(redis, "bulk", ids);
  const [seconds] = await redis.time();
  const now = (Number(seconds) + 1) * 1_000;
  expect(now).toBeGreaterThanOrEqual(nextAt);
  // One every five seconds from then on, however late it is looked.
  expect(waiting).toBeLessThanOrEqual(2 + Math.floor((now - nextAt) / 5_000));
  redis.disconnect();
});

test("a closing API hands its task back at once, exactly counted, and the next one goes on behind it", async () => {
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  const ids = await bury(redis, { count: 60, run: "r" });
  const first = await startProcess(redisUrl);
  const id = await begin(
    { request: (...args) => request(first.url, ...args) },
    { do: "replay", filter: { run: "r" }, rate: 20 },
  );
  await eventually(async () => expect((await takeStock(redis, "bulk", ids)).waiting).toBeGreaterThan(5));
  first.api.kill("SIGTERM");
  expect(await first.api.exited).toMatchObject({ code: 0 });

  await using api = await startApi({ POSTRIDER_REDIS_URL: redisUrl });
  const handedBack = (await redis.hmget(storeKeys.task(id), "startedAt", "holder")) as (string | null)[];
  expect(handedBack[0]).not.toBeNull();
  const { waiting } = await takeStock(redis, "bulk", ids);
  expect(waiting).toBeLessThan(60);
  // What failed again meanwhile is newer than where the task is, and is not met again.
  const again = await bury(redis, { count: 1, run: "r", from: Date.now() + 1_000, lane: "transactional" });
  const task = await untilEnded(() => api.request("GET", `/v1/tasks/${id}`));
  expect(task).toMatchObject({ state: "done", counts: { replayed: 60 } });
  expect(await redis.zscore(shardKeys.ofLane("transactional", "failed"), again[0] ?? "")).not.toBeNull();
  redis.disconnect();
});

test("a task has one holder, who can do what it asks for; whoever has lost it tells nothing more", async () => {
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  const store = toStore(redis);
  const producer = await createProducer({ redis: redisUrl });
  const { id } = await producer.tasks.begin({ do: "purge", filter: { run: "x" } }, "t");
  const claim = (holder: string, kinds = ["purge"]) => claimTask(store, { holder, leaseMs: 300, kinds });
  const report = { id, progress: "", leaseMs: 60_000, paceMs: null, state: "running" } as const;

  expect(await claim("older", ["replay"])).toBeNull();
  expect(await claim("a")).toMatchObject({ id });
  expect(await claim("b")).toBeNull();
  await eventually(async () => expect(await claim("b")).toMatchObject({ id }));
  expect(await reportTask(store, { ...report, holder: "a" })).toBe("lost");
  expect(await reportTask(store, { ...report, holder: "b" })).toBe("go on");
  await producer.tasks.stop(id);
  expect(await reportTask(store, { ...report, holder: "b" })).toBe("stop");
  expect(await reportTask(store, { ...report, holder: "b", state: "queued" })).toBe("go on");
  expect(await producer.tasks.get(id)).toMatchObject({ state: "stopped", isStopping: false });
  expect(await claim("c")).toBeNull();
  await producer.close();
  redis.disconnect();
});

test("of too many tasks none is begun, and of those that ended the oldest are forgotten", async () => {
  const redisUrl = await isolatedRedisUrl();
  const redis = openRedis(redisUrl);
  const producer = await createProducer({ redis: redisUrl });
  const order = { do: "purge", filter: { run: "x" } } as const;
  const first = await producer.tasks.begin(order, "t");
  for (let nth = 0; nth < 1_005; nth++) {
    const { id } = await producer.tasks.begin(order, "t");
    expect((await producer.tasks.stop(id)).state).toBe("stopped");
  }
  expect(await redis.zcard(storeKeys.tasks())).toBe(1_000);
  expect((await findKeys(redis, ":task:*")).length).toBe(1_000);
  expect((await producer.tasks.get(first.id)).state).toBe("queued");
  expect(await redis.ttl(storeKeys.task(first.id))).toBe(-1);
  const [{ id: latest = "" } = {}] = await producer.tasks.list(1);
  expect(await redis.ttl(storeKeys.task(latest))).toBeGreaterThan(6 * 24 * 3_600);

  for (let nth = 1; nth < 100; nth++) await producer.tasks.begin(order, "t");
  await expect(producer.tasks.begin(order, "t")).rejects.toMatchObject({ code: "tasks_full" });
  await producer.close();
  redis.disconnect();
});
