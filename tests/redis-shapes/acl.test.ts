// The users of the documents, with a real Redis: each role does all its work with them, and no right is in
// want.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { type RedisCluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ROOT } from "../support/processes.ts";
import { ok, reply } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

const PASSWORD = "p:w/1";
const ROLES = ["producer", "worker", "api"] as const;
type Role = (typeof ROLES)[number];

/** The rules of docs/redis.md, as arguments of ACL SETUSER. */
function rulesOf(role: Role, isCluster: boolean): string[] {
  const blocks = [
    ...readFileSync(join(ROOT, "docs", "redis.md"), "utf8").matchAll(/```\nACL SETUSER (.*?)```/gs),
  ];
  const all = blocks.map(([, text = ""]) =>
    text.replaceAll("{postrider", `{${keyPrefix}`).replace(">PASSWORD", `>${PASSWORD}`).trim().split(/\s+/),
  );
  const own = all.find(([name, first]) => name === `postrider-${role}` && first === "on") ?? [];
  const besides = all.find(([, first]) => first !== "on") ?? [];
  return [`postrider-${role}`, ...own.slice(1), ...(isCluster ? besides.slice(1) : [])];
}

async function addUsers(nodes: readonly Redis[], isCluster: boolean): Promise<void> {
  for (const redis of nodes)
    for (const role of ROLES) await redis.acl("SETUSER", ...(rulesOf(role, isCluster) as [string]));
}

function urlOf(role: Role, url: string): string {
  return url.replace("://", `://postrider-${role}:${encodeURIComponent(PASSWORD)}@`);
}

/** What was refused, but for that by which a connection says what it is. */
async function refusals(nodes: readonly Redis[]): Promise<string[]> {
  const all = await Promise.all(nodes.map(async (redis) => (await redis.acl("LOG")) as string[][]));
  return all
    .flat()
    .map((entry) => entry.join(" "))
    .filter((entry) => !entry.includes("client|setinfo"));
}

async function doAllWork(url: string): Promise<void> {
  let isBroken = true;
  await using system = await startSystem(
    ({ body }) => (isBroken && JSON.parse(body).id === "c1" ? reply(500) : ok()),
    { redis: urlOf("api", url), keyPrefix },
  );
  const { producer: api } = system;
  await system.apply({ retry: { ...SOON, attempts: 2 } });
  await system.startWorker({ POSTRIDER_REDIS_URL: urlOf("worker", url) });
  const engine = await createProducer({ redis: urlOf("producer", url), keyPrefix });
  const order = { action: "a", customers: customers(1_100), run: "r" };
  expect((await engine.enqueueMany(order)).enqueued).toBe(1_100);
  await engine.enqueue({ action: "a", customer: { id: "later" }, sendAt: new Date(Date.now() + 3_600_000) });
  await system.untilEnded("r");
  expect((await engine.outcomes.read({ limit: 10 })).outcomes).toHaveLength(10);
  const [letter] = await eventually(async () => {
    const { deadLetters } = await api.deadLetters.list({ limit: 1 });
    expect(deadLetters).toHaveLength(1);
    return deadLetters;
  });
  isBroken = false;
  await api.deadLetters.replay({ ids: [letter?.id ?? ""] });
  await eventually(async () => expect((await api.runs.get("r")).delivered).toBe(1_100));
  await api.destinations.limit(system.receiver.url, { ratePerSecond: 1_000 });
  await engine.enqueueMany({ action: "a", customers: customers(20), run: "limited" });
  await system.untilEnded("limited");
  await api.runs.cancel("limited");
  await api.overview();
  await api.watching.figures.gather();
  expect((await api.audit.list()).audit.length).toBeGreaterThan(0);
  // What only the store's own user may do.
  await expect(engine.actions.apply({ id: "b", url: "https://a.example" })).rejects.toMatchObject({
    code: "redis_denied",
    message: expect.stringContaining("docs/redis.md"),
  });
  await engine.close();
}

test("on one server each role works with its user's rights", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  await addUsers([redis], false);
  await doAllWork(server.url);
  expect((await refusals([redis])).filter((entry) => !entry.includes("postrider-producer"))).toEqual([]);

  await redis.acl("SETUSER", "postrider-producer", "-eval", "-evalsha");
  const engine = await createProducer({ redis: urlOf("producer", server.url), keyPrefix });
  await expect(engine.enqueue({ action: "a", customer: { id: "x" } })).rejects.toMatchObject({
    code: "redis_denied",
    message: expect.stringMatching(/EVAL.*\+eval/),
  });
  await engine.close();
  await redis.acl("SETUSER", "postrider-producer", "resetpass", ">other");
  await expect(createProducer({ redis: urlOf("producer", server.url), keyPrefix })).rejects.toMatchObject({
    code: "redis_denied",
    message: expect.not.stringContaining(encodeURIComponent(PASSWORD)),
  });
  redis.disconnect();
  await server.stop();
});

test("on a Cluster, too", async () => {
  await using cluster: RedisCluster = await startCluster({ replicas: 0 });
  const nodes = cluster.nodes.map(({ redis }) => redis);
  await addUsers(nodes, true);
  await doAllWork(cluster.url);
  expect((await refusals(nodes)).filter((entry) => !entry.includes("postrider-producer"))).toEqual([]);
});
