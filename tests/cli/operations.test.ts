// The commands by which a person on call looks at what is going on, and changes it.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer, type Producer } from "@postrider/producer/producer";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

let directory: string;
let environment: Record<string, string>;
let redis: Redis;
let producer: Producer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const url = await isolatedRedisUrl();
  environment = { POSTRIDER_REDIS_URL: url, POSTRIDER_METRICS_PORT: "0" };
  redis = openRedis(url);
  producer = await createProducer({ redis: url });
});
afterEach(async () => {
  await producer.close();
  redis.disconnect();
  await rm(directory, { recursive: true });
});

/** Runs a command for programs, and reads what it prints. */
async function ask(...args: string[]) {
  const { code, stdout, stderr } = await run([...args, "--json"], environment);
  // Notes may stand there, as that no worker serves a lane yet; failures may not.
  expect(stderr).not.toContain("postrider:");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** Runs a command for people. */
async function say(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args, environment);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

test("a held run: enqueued, looked at, one delivery released, then all; paused, resumed and cancelled", async () => {
  await using receiver = await startReceiver();
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const path = join(directory, "customers.ndjson");
  await writeFile(
    path,
    customers(3)
      .map((customer) => `${JSON.stringify(customer)}\n`)
      .join(""),
  );
  expect(await ask("enqueue", "a", "--customers", path, "--run", "r", "--hold")).toMatchObject({
    enqueued: 3,
  });
  await using worker = startPostrider(["worker"], environment);
  await worker.waitForOutput(/worker ready/);

  expect(await say("runs", "show", "r")).toMatch(/^run r: held; a@1 in lane bulk/);
  const status = await eventually(async () => {
    const found = await ask("status");
    expect(found.ownLanes).toMatchObject([{ kind: "run", of: "r", state: "held", waiting: 3 }]);
    return found;
  });
  expect(status).toMatchObject({ ownLanesTotal: 1, openCircuits: [] });
  const client = await producer.lanes.queue("run.r").backend.client;
  const [id = ""] = await client.lrange(shardKeys.ofLane("run.r", "wait"), 0, -1);
  expect(await say("deliveries", "show", id)).toMatch(/next +waits to be released: the run r is held/);
  await ask("runs", "release", "r", "--delivery", id);
  await eventually(() => expect(receiver.requests).toHaveLength(1));
  expect(receiver.requests[0]?.key).toBe(id);
  const untilDelivered = (delivered: number) =>
    eventually(async () => expect(await producer.runs.get("r")).toMatchObject({ delivered }));
  await untilDelivered(1);

  expect(await ask("runs", "pause", "r")).toMatchObject({ state: "paused", delivered: 1, waiting: 2 });
  expect(await ask("runs", "resume", "r")).toMatchObject({ state: "held" });
  expect(await ask("runs", "release", "r")).toMatchObject({ state: "running" });
  await untilDelivered(3);
  expect(receiver.requests).toHaveLength(3);
  expect(await ask("runs", "cancel", "r")).toMatchObject({ state: "cancelled", delivered: 3 });
  expect((await ask("runs", "list")).runs).toMatchObject([{ run: "r", state: "cancelled", enqueued: 3 }]);
  expect(await say("runs", "list", "--limit", "1")).toMatch(/RUN[\s\S]*r +cancelled +a@1/);
  const refused = await run(["runs", "resume", "r"], environment);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("was cancelled") });
});

test("a destination: limited, paused, resumed, listed", async () => {
  const origin = "https://api.example.com";
  const limited = await ask("destinations", "limit", `${origin}/`, "--rate", "50", "--concurrency", "5");
  expect(limited).toMatchObject({ origin, limits: { ratePerSecond: 50, concurrency: 5 } });
  expect(await say("destinations", "limit", origin, "--rate", "20", "--for", "2h")).toMatch(
    /limits +20 a second \(an operator's, until \S+Z, in 1 h 59 min\), 5 at once \(an operator's, until it is taken back\)/,
  );
  expect(await ask("destinations", "limit", origin, "--rate", "50", "--concurrency", "5")).toEqual(limited);
  expect(await say("destinations", "pause", origin, "--for", "30m")).toMatch(/: paused until \S+Z, circuit/);
  expect(await ask("destinations", "pause", origin)).toMatchObject({ isPaused: true, pausedUntil: null });
  expect(await say("destinations", "list")).toMatch(
    /api\.example\.com +paused, circuit closed +50 a second, 5 at once/,
  );
  expect(await ask("destinations", "resume", origin)).toMatchObject({ isPaused: false });
  expect(await ask("destinations", "limit", origin, "--none")).toMatchObject({ limits: {} });
  expect(await say("destinations", "show", "https://other.example")).toMatch(/shared with everybody/);
  expect((await ask("destinations", "list")).destinations).toMatchObject([{ origin }]);
});

test("dead letters: listed page by page, grouped, shown, replayed and purged by filter", async () => {
  let isBroken = true;
  await using receiver = await startReceiver(() => (isBroken ? reply(400, {}, "\u001b[2Jgone") : ok()));
  await producer.actions.apply({ id: "b", url: `${receiver.url}/{{ customer.id }}`, body: "{{ customer }}" });
  await bury(redis, { count: 30, run: "many", action: "b@1", reason: "timeout", from: Date.now() - 60_000 });
  await using worker = startPostrider(["worker"], environment);
  await worker.waitForOutput(/worker ready/);
  const { id } = await producer.enqueue({ action: "b", customer: { id: "x'y" } });
  await eventually(async () => expect((await producer.deadLetters.list()).total).toBe(31));

  const first = await ask("dead-letters", "list", "--limit", "20");
  expect(first).toMatchObject({ total: 31, deadLetters: { length: 20 } });
  const rest = await ask("dead-letters", "list", "--limit", "20", "--cursor", first.cursor);
  expect(rest).toMatchObject({ cursor: null, deadLetters: { length: 11 } });
  expect(await say("dead-letters", "list", "--reason", "gone")).toBe("none of 31 dead letters match\n");
  expect((await ask("dead-letters", "groups", "--by", "reason,run")).groups).toMatchObject([
    { of: { reason: "timeout", run: "many" }, count: 30 },
    { of: { reason: "reply_4xx", run: null }, count: 1, example: id },
  ]);
  expect(await say("dead-letters", "groups")).toMatch(/COUNT +REASON +DESTINATION/);
  const shown = await say("dead-letters", "show", id);
  expect(shown).toContain(`--data-raw '{"id":"x'\\''y"}' --url`);
  // What a destination answers is shown on the terminal, not obeyed by it.
  expect(shown).toContain("\\u001b[2Jgone");
  expect(shown).not.toContain("\u001b[2J");
  expect(await say("deliveries", "show", id)).toMatch(
    /dead-letter in lane transactional[\s\S]*reply_4xx: The destination understood/,
  );

  isBroken = false;
  expect(await ask("dead-letters", "replay", "--reason", "timeout", "--rate", "1000")).toMatchObject({
    replayed: 30,
  });
  await eventually(async () =>
    expect(await producer.runs.get("many")).toMatchObject({ delivered: 30, failed: 0 }),
  );
  expect(await say("dead-letters", "purge", "--action", "b", "--to", "2099-01-01T00:00:00Z")).toBe(
    "1 purged\n",
  );
  expect(await say("dead-letters", "list")).toBe("no dead letters\n");
});

test.each<[string, string[], number, RegExp]>([
  ["a replay of nothing in particular", ["dead-letters", "replay"], 2, /--all/],
  ["a purge by ids and filter at once", ["dead-letters", "purge", "x", "--all"], 2, /not several/],
  [
    "a replay of an unknown id",
    ["dead-letters", "replay", "nope"],
    1,
    /no dead letter has the delivery id nope/,
  ],
  ["an unknown reason", ["dead-letters", "list", "--reason", "luck"], 2, /Allowed choices are/],
  ["an unknown grouping", ["dead-letters", "groups", "--by", "mood"], 2, /reason,destination,action,run/],
  ["an unknown delivery", ["deliveries", "show", "nope"], 1, /no delivery has the id nope/],
  ["a destination that is none", ["destinations", "pause", "nope"], 2, /must look like https:\/\/host/],
  [
    "a destination with a path",
    ["destinations", "limit", "http://a.example:8080/v1?x=1", "--rate", "5"],
    2,
    /without a path[^;]*; write http:\/\/a\.example:8080\n/,
  ],
  [
    "a limit for no time",
    ["destinations", "limit", "https://a.example", "--rate", "5", "--for", "2"],
    2,
    /2h/,
  ],
  ["a pause for too long", ["destinations", "pause", "https://a.example", "--for", "31d"], 2, /30 days/],
  [
    "limits taken back for a time",
    ["destinations", "limit", "https://a.example", "--none", "--for", "2h"],
    2,
    /alone/,
  ],
  ["a limit without a number", ["destinations", "limit", "https://a.example"], 2, /--rate/],
  ["a rate of nothing", ["destinations", "limit", "https://a.example", "--rate", "0"], 2, /above 0/],
  ["an unknown run", ["runs", "pause", "nope"], 1, /no run is called nope/],
])("%s: exit code and message", async (_, args, code, message) => {
  const result = await run(args, environment);

  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
});

test("deliveries: listed by a filter, page by page; those that wait are counted and cancelled by one", async () => {
  await producer.actions.apply({ id: "a", url: "https://api.example.com/", body: "{}" });
  await producer.enqueueMany({ action: "a", customers: customers(30), run: "r", labels: ["vip"] });
  await producer.enqueueMany({ action: "a", customers: customers(2), run: "s" });
  const { id } = await producer.enqueue({ action: "a", customer: { id: "ann" } });

  expect(await say("deliveries", "list", "--customer", "ann")).toMatch(
    new RegExp(`${id} +waiting +transactional +a@1 +ann +–`),
  );
  const first = await ask("deliveries", "list", "--run", "r", "--limit", "20");
  const rest = await ask("deliveries", "list", "--run", "r", "--after", first.after);
  const ids = [...first.deliveries, ...rest.deliveries].map((one: { id: string }) => one.id);
  expect([first.deliveries.length, new Set(ids).size, rest.after]).toEqual([20, 30, null]);
  expect(await say("deliveries", "list", "--outcome", "expired")).toBe("no deliveries match\n");

  const refused = async (text: string, ...args: string[]) =>
    expect(await run(["deliveries", ...args], environment)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(text),
    });
  await refused("say which deliveries", "cancel");
  await refused("not several of them", "cancel", id, "--run", "r");
  await refused("not several of them", "cancel", "--all", "--run", "r");
  await refused("takes no ids", "cancel", id, "--dry-run");
  await refused("30 would be cancelled, and nobody can be asked", "cancel", "--run", "r");
  await refused("belongs to another outcome", "list", "--outcome", "expired", "--reason", "timeout");
  await refused("Allowed choices are", "list", "--state", "gone");
  expect(await ask("deliveries", "cancel", "--label", "vip", "--dry-run")).toEqual({
    dryRun: true,
    count: 30,
    isComplete: true,
  });
  expect(await say("deliveries", "cancel", "--label", "vip", "--yes")).toBe("30 cancelled\n");
  expect(await producer.runs.get("r")).toMatchObject({ cancelled: 30, waiting: 0 });
  expect(await ask("deliveries", "cancel", id)).toEqual({ cancelled: id });
  expect(await ask("deliveries", "cancel", "--all", "--yes")).toEqual({ cancelled: 2, inFlight: 0 });
  expect((await ask("deliveries", "list", "--run", "s", "--outcome", "cancelled")).deliveries).toHaveLength(
    2,
  );
});
