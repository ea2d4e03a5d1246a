import { ownLaneName } from "@postrider/shared/lanes";
import { toLaneMark } from "@postrider/shared/outcome";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { bury, takeStock } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, reply } from "../support/receiver.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

/** A system and a look into its Redis. */
async function startOpenSystem(...given: Parameters<typeof startSystem>) {
  const system = await startSystem(...given);
  const redis = openRedis(system.redisUrl);
  return {
    ...system,
    redis,
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await system[Symbol.asyncDispose]();
    },
  };
}

async function totalsOf(redis: Redis): Promise<number[]> {
  return (await redis.hmget(shardKeys.totals(), "enqueued", "ended")).map(Number);
}

test("a replay sends the same bytes under the same key, days later too, with all its attempts again", async () => {
  let isBroken = true;
  await using system = await startOpenSystem(() => (isBroken ? reply(500) : ok()));
  await system.apply({
    body: `{"r": {% random 1000000000 %}, "n": "{{ 'now' | date: '%s' }}"}`,
    retry: { ...SOON, maxAgeMs: 60_000 },
  });
  const worker = await system.startWorker();
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await system.untilEnded("r");
  await worker.close();
  const [id = ""] = system.receiver.byKey().keys();
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));
  // As if it had been enqueued two days ago, far beyond maxAgeMs.
  const before = Number(await system.redis.hget(shardKeys.job("bulk", id), "timestamp"));
  await system.redis.hset(shardKeys.job("bulk", id), "timestamp", before - 2 * 24 * 3_600_000);
  const shown = await system.producer.deadLetters.show(id);
  expect(shown.history).toHaveLength(3);

  expect(await system.producer.deadLetters.replay({ ids: [id] })).toMatchObject({ replayed: 1, unknown: [] });
  await system.startWorker();
  // Three more attempts: its age counts from the replay.
  await eventually(() => expect(system.receiver.byKey().get(id)).toHaveLength(6));
  await system.untilEnded("r");
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));
  isBroken = false;
  await system.producer.deadLetters.replay({ filter: { run: "r" } });
  await system.untilEnded("r");

  const bodies = (system.receiver.byKey().get(id) ?? []).map(({ body }) => body);
  expect(bodies).toHaveLength(7);
  // The first three were composed before the test moved the clock back by two days.
  expect(new Set(bodies.slice(3)).size).toBe(1);
  expect(bodies.at(-1)).toBe(shown.request?.body);
  expect(await system.producer.runs.get("r")).toMatchObject({
    enqueued: 1,
    delivered: 1,
    failed: 0,
    waiting: 0,
  });
  expect(await totalsOf(system.redis)).toEqual([1, 1]);
});

test("a new key on request, under the same delivery id, and it stays over attempts", async () => {
  let isBroken = true;
  await using system = await startOpenSystem((_, { nth }) =>
    isBroken || nth === 1 ? reply(isBroken ? 400 : 500) : ok(),
  );
  await system.apply();
  await system.startWorker();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));

  isBroken = false;
  await system.producer.deadLetters.replay({ ids: [id] }, { newKey: true });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered", attempts: 2 }),
  );

  const [first, ...others] = system.receiver.requests;
  expect(first?.key).toBe(id);
  expect(others).toHaveLength(2);
  expect(others[0]?.key).not.toBe(id);
  expect(others[1]?.key).toBe(others[0]?.key);
});

test("the action's present version, with its policy, when asked for; else the version that was enqueued", async () => {
  await using system = await startOpenSystem(({ body }) => (body.includes("v2") ? reply(500) : reply(400)));
  await system.apply({ body: '{"v": "v1"}' });
  await system.startWorker();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  const untilDead = async (requests: number) => {
    await eventually(() => expect(system.receiver.requests).toHaveLength(requests));
    await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(1));
  };
  await untilDead(1);
  await system.apply({ body: '{"v": "v2"}', retry: { ...SOON, attempts: 5 } });

  await system.producer.deadLetters.replay({ ids: [id] });
  await untilDead(2);
  await system.producer.deadLetters.replay({ ids: [id] }, { presentVersion: true });
  await untilDead(7);

  expect(system.receiver.requests.map(({ body }) => JSON.parse(body).v)).toEqual([
    "v1",
    "v1",
    ...Array.from({ length: 5 }, () => "v2"),
  ]);
  expect(await system.producer.deadLetters.show(id)).toMatchObject({ action: "a@2", attempts: 5 });
});

test("a pending retry is made due now, not doubled; what waits or is in flight is left alone", async () => {
  await using system = await startOpenSystem((_, { nth }) => (nth === 1 ? reply(500) : ok()));
  await system.apply({ retry: { attempts: 3, baseMs: 3_600_000, factor: 1, maxMs: 3_600_000 } });
  await system.apply({ id: "later" });
  const worker = await system.startWorker();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  const due = await system.producer.enqueue({
    action: "later",
    customer: { id: 2 },
    sendAt: new Date(Date.now() + 3_600_000),
  });
  await eventually(async () =>
    expect(await system.producer.lanes.backlog("transactional")).toMatchObject({ delayed: 2 }),
  );

  const ids = [id, due.id, "x.never"];
  expect(await system.producer.deadLetters.replay({ ids })).toEqual({
    replayed: 0,
    hastened: 1,
    pending: 1,
    expired: 0,
    cancelled: 0,
    unknown: ["x.never"],
  });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered", attempts: 2 }),
  );
  await worker.close();

  expect(system.receiver.requests).toHaveLength(2);
  expect(await system.producer.lanes.backlog("transactional")).toMatchObject({ delayed: 1, waiting: 0 });
});

test("two replays of the same letters at once put each back once, and the counters know", async () => {
  await using system = await startOpenSystem();
  await system.apply();
  const ids = await bury(system.redis, { count: 500, run: "r" });
  const unlimited = { ratePerSecond: Number.POSITIVE_INFINITY };

  const [one, other] = await Promise.all([
    system.producer.deadLetters.replay({ filter: { run: "r" } }, unlimited),
    system.producer.deadLetters.replay({ ids }, unlimited),
  ]);

  expect(one.replayed + other.replayed).toBe(500);
  expect(await takeStock(system.redis, "bulk", ids)).toEqual({ dead: 0, waiting: 500, unsound: [] });
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 500, failed: 0, waiting: 500 });
  expect(await totalsOf(system.redis)).toEqual([500, 0]);
  await system.startWorker();
  await system.untilEnded("r");
  expect(system.receiver.byKey().size).toBe(500);
  expect(system.receiver.requests).toHaveLength(500);
});

test("holds its rate, tells how far it is, and stops at once when told to; what was not replayed is a dead letter still", async () => {
  await using system = await startOpenSystem();
  await system.apply();
  const ids = await bury(system.redis, { count: 400, run: "r" });
  const abort = new AbortController();
  const progress: number[] = [];
  const startedAt = performance.now();

  const replaying = system.producer.deadLetters.replay(
    { filter: {} },
    {
      ratePerSecond: 200,
      signal: abort.signal,
      onProgress: ({ replayed }) => {
        progress.push(replayed);
        if (replayed >= 200) abort.abort();
      },
    },
  );
  await expect(replaying).rejects.toMatchObject({ code: "aborted" });

  // 200 in steps of 20: the eleventh would have begun after a second.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(850);
  expect(progress).toEqual([20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
  expect(await takeStock(system.redis, "bulk", ids)).toEqual({ dead: 200, waiting: 200, unsound: [] });
  // Newest first, so that the oldest are left.
  expect(await system.redis.zscore(shardKeys.ofLane("bulk", "failed"), ids[0] ?? "")).not.toBeNull();
});

test("killed half-way, it leaves every letter either replayed or a dead letter, and goes on when it is called again", async () => {
  await using system = await startOpenSystem();
  await system.apply();
  const ids = await bury(system.redis, { count: 1_500, run: "r" });
  const environment = { POSTRIDER_REDIS_URL: system.redisUrl };
  await using child = startPostrider(["dead-letters", "replay", "--run", "r", "--rate", "750"], environment);
  await eventually(async () =>
    expect((await system.producer.lanes.backlog("bulk")).deadLetters).toBeLessThan(1_400),
  );
  child.kill("SIGKILL");
  await child.exited;

  const { dead, unsound } = await takeStock(system.redis, "bulk", ids);
  expect(unsound).toEqual(await inRetriesLane(system.redis, unsound));
  expect(dead).toBeGreaterThan(0);
  expect(await system.producer.runs.get("r")).toMatchObject({
    enqueued: 1_500,
    failed: dead,
    waiting: 1_500 - dead,
  });
  const unlimited = { ratePerSecond: Number.POSITIVE_INFINITY };
  expect(await system.producer.deadLetters.replay({ filter: { run: "r" } }, unlimited)).toMatchObject({
    replayed: dead,
  });
  await system.startWorker();
  await system.untilEnded("r");
  expect(system.receiver.requests).toHaveLength(1_500);
  expect(await totalsOf(system.redis)).toEqual([1_500, 1_500]);
});

/** Of many replays most wait apart from everybody. */
async function inRetriesLane(redis: Redis, ids: readonly string[]): Promise<string[]> {
  const lane = ownLaneName("retries", "bulk");
  const waiting = new Set(await redis.lrange(shardKeys.ofLane(lane, "wait"), 0, -1));
  const marks = ids.length === 0 ? [] : await redis.mget(ids.map((id) => shardKeys.outcome(id)));
  return ids.filter((id, index) => waiting.has(id) && marks[index] === toLaneMark(lane));
}

test("what must not be sent stays a dead letter: a cancelled run's, and what has expired", async () => {
  await using system = await startOpenSystem();
  await system.apply();
  const cancelled = await bury(system.redis, { count: 3, run: "cancelled" });
  const [expired = ""] = await bury(system.redis, { count: 1, run: "expired" });
  const data = { v: 1, action: "a@1", run: "expired", customer: { id: "c0" }, expiresAt: Date.now() - 1 };
  await system.redis.hset(shardKeys.job("bulk", expired), "data", JSON.stringify(data));
  await system.producer.runs.cancel("cancelled");

  expect(await system.producer.deadLetters.replay({ filter: {} })).toMatchObject({
    replayed: 0,
    cancelled: 3,
    expired: 1,
  });
  expect(await takeStock(system.redis, "bulk", [...cancelled, expired])).toMatchObject({
    dead: 4,
    unsound: [],
  });
});

test("joins the lane of its run or destination; out of a held run it is sent", async () => {
  await using system = await startOpenSystem();
  await system.apply();
  await bury(system.redis, { count: 1, run: "paused" });
  await bury(system.redis, { count: 1, run: "held" });
  await bury(system.redis, { count: 1, run: "elsewhere", destination: "https://slow.example" });
  await system.producer.runs.pause("paused");
  await system.producer.runs.hold("held");
  await system.producer.destinations.pause("https://slow.example");

  await system.producer.deadLetters.replay({ filter: {} });
  await system.startWorker();

  await eventually(async () =>
    expect(await system.producer.runs.get("held")).toMatchObject({ delivered: 1 }),
  );
  const waiting = (lane: string) => system.redis.llen(shardKeys.ofLane(lane, "wait"));
  expect(await waiting(ownLaneName("run", "paused"))).toBe(1);
  expect(await waiting(ownLaneName("destination", "https://slow.example"))).toBe(1);
  expect(system.receiver.requests).toHaveLength(1);
  await system.producer.runs.resume("paused");
  await system.untilEnded("paused");
});

test("purge forgets letters by id or filter; outcome and counters stay", async () => {
  await using system = await startOpenSystem();
  const [id = "", ...others] = await bury(system.redis, { count: 120, run: "r" });
  await bury(system.redis, { count: 5, run: "kept", reason: "gone" });

  expect(await system.producer.deadLetters.purge({ ids: [id, "x.never"] })).toEqual({
    purged: 1,
    unknown: ["x.never"],
  });
  expect(await system.producer.deadLetters.purge({ filter: { reason: "reply_5xx" } })).toEqual({
    purged: 119,
    unknown: [],
  });

  expect(await system.producer.deadLetters.list({ limit: 1 })).toMatchObject({ total: 5 });
  expect(await system.redis.exists(...[id, ...others].map((one) => shardKeys.job("bulk", one)))).toBe(0);
  expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "failed", reason: "reply_5xx" });
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 120, failed: 120, waiting: 0 });
});

test("shows the request that it would send, credentials masked; a template that is not cheap is not composed here", async () => {
  await using system = await startOpenSystem(() => reply(400, {}, "no such plan"));
  const url = system.receiver.url.replace("//", "//user:pl4nted@");
  await system.apply({ url: `${url}/people/{{ customer.id }}` });
  await system.apply({
    id: "costly",
    body: "{{ customer.text | replace: customer.pattern, '-' }}",
  });
  await bury(system.redis, { count: 1, run: "costly", action: "costly@1" });
  await system.startWorker();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: "it's" } });
  await eventually(async () => expect((await system.producer.deadLetters.list()).total).toBe(2));

  const shown = await system.producer.deadLetters.show(id);
  const [costly] = (await system.producer.deadLetters.list({ run: "costly" })).deadLetters;

  expect(shown).toMatchObject({
    destination: system.receiver.url,
    request: { method: "POST", url: `${system.receiver.url}/people/it's`, body: `{"id":"it's"}` },
    history: [
      { attempt: 1, finding: { status: 400, body: "no such plan" }, verdict: { reason: "reply_4xx" } },
    ],
  });
  expect(shown.curl).toContain("Authorization: ***");
  expect(JSON.stringify(shown)).not.toMatch(/pl4nted|dXNlcjpwbDRudGVk/);
  expect(await system.producer.deadLetters.show(costly?.id ?? "")).toMatchObject({
    request: null,
    curl: null,
    problems: [{ code: "template_too_costly" }],
  });
});
