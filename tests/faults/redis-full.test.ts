import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Fleet, startFleet, untilOver } from "../support/fleet.ts";
import { createGate } from "../support/gate.ts";
import { ok, reply, slow, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const IN_FLIGHT = 20;

/**
 * Claims that may have sent what had been sent before, as the workers count them; they must have told their
 * ports in their logs.
 */
async function countSentAgain(fleet: Fleet): Promise<number> {
  let sum = 0;
  for (const { stdout } of fleet.running) {
    const [, port] = /"metricsPort":(\d+)/.exec(stdout) ?? [];
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const [, count] of page.matchAll(
      /^postrider_repeated_claims_total\{.*kind="(?:reclaimed|unrecorded)".*\} (\d+)$/gm,
    ))
      sum += Number(count);
  }
  return sum;
}

/** The ids of all deliveries whose outcome was told. */
async function readOutcomes({ outcomes }: Producer): Promise<string[]> {
  const ids: string[] = [];
  for (let page = await outcomes.read({ limit: 1_000 }); page.outcomes.length > 0; ) {
    expect(page.missed).toBe(0);
    ids.push(...page.outcomes.map(({ id }) => id));
    page = await outcomes.read({ limit: 1_000, after: page.after });
  }
  return ids;
}

test("a Redis at maxmemory: producers are told, workers go on and make room, and the rest is taken in then", async () => {
  // Room enough that the last tenth holds more than the buffers of a few connections.
  const server = await startRedisServer({ binary: redisBinary(), maxMemory: "32mb" });
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const list = customers(6_000).map((customer) => ({ ...customer, text: "x".repeat(5_000) }));

  await expect(producer.enqueueMany({ action: "a", customers: list, run: "r" })).rejects.toMatchObject({
    code: "redis_full",
  });
  const taken = (await producer.runs.get("r")).enqueued;
  expect(taken).toBeGreaterThan(1_000);
  await using fleet = startFleet(server.url, 2, { POSTRIDER_LOG_LEVEL: "info" });
  await fleet.untilServing();

  // No attempt of ours makes room: only the workers do.
  await eventually(
    async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: taken }),
    180_000,
  );
  expect(fleet.running).toHaveLength(2);
  await eventually(
    async () =>
      expect((await producer.enqueueMany({ action: "a", customers: list, run: "r" })).run).toBe("r"),
    180_000,
  );
  await eventually(
    async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: list.length, failed: 0 }),
    180_000,
  );
  // Told in the step that wrote them down, which Redis lets through.
  expect(new Set(await readOutcomes(producer)).size).toBe(list.length);
  expect(receiver.byKey().size).toBe(list.length);
  // An attempt that failed by itself, on a busy machine, was made again, and a claim that ran out under a
  // slow worker: both are counted.
  const { retries } = await producer.runs.get("r");
  expect(receiver.requests.length).toBeLessThanOrEqual(list.length + retries + (await countSentAgain(fleet)));
  await producer.close();
  await server.stop();
});

test("what was sent when Redis became full is recorded all the same, and not sent again", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  const gate = createGate();
  // Half are delivered, and half of them leave evidence and a retry behind.
  const isOdd = (body: string): boolean => /"c\d*[13579]"/.test(body);
  await using receiver = await startReceiver(({ body }, { nth }) =>
    gate.behind(nth === 1 && isOdd(body) ? reply(500) : ok()),
  );
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    timeoutMs: 90_000,
    retry: { attempts: 3, baseMs: 100, factor: 1, maxMs: 100 },
  });
  await using fleet = startFleet(server.url, 2, {
    POSTRIDER_CONCURRENCY: String(IN_FLIGHT / 2),
    POSTRIDER_LOG_LEVEL: "info",
  });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(100), run: "r" });
  await eventually(() => expect(gate.waiting()).toBeGreaterThanOrEqual(IN_FLIGHT));

  await redis.config("SET", "maxmemory", "1mb");
  gate.open();
  // A retry that becomes due lets its worker claim: the script that does so has begun to write then.
  await eventually(async () => {
    const { delivered, retries } = await producer.runs.get("r");
    expect(Math.min(delivered, retries)).toBeGreaterThanOrEqual(IN_FLIGHT / 2);
  });
  await redis.config("SET", "maxmemory", "0");

  expect(await untilOver(producer, "r")).toMatchObject({ delivered: 100, failed: 0, retries: 50 });
  expect(receiver.requests).toHaveLength(150);
  expect(await countSentAgain(fleet)).toBe(0);
  redis.disconnect();
  await producer.close();
  await server.stop();
});

test("a Redis that suddenly takes nothing more is asked calmly, and nothing is lost or failed by it", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url, { replyMapping: "legacy" });
  await using receiver = await startReceiver(() => slow(20, ok()));
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(server.url, 2, { POSTRIDER_CONCURRENCY: "10" });
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(3_000), run: "r" });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(300));

  // As by another tenant's data: far over the limit at once, whatever producers hold back.
  await redis.config("SET", "maxmemory", "1mb");
  await expect(producer.enqueue({ action: "a", customer: { id: 1 } })).rejects.toMatchObject({
    code: "redis_full",
  });
  const failuresOf = async (): Promise<number> =>
    Number(/errorstat_OOM:count=(\d+)/.exec(await redis.info("errorstats"))?.[1] ?? 0);
  const [before, beganAt] = [await failuresOf(), Date.now()];
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const perSecond = ((await failuresOf()) - before) / ((Date.now() - beganAt) / 1_000);
  const lines = fleet.running.map(({ stdout }) => stdout.split("\n").length);
  await redis.config("SET", "maxmemory", "0");
  const run = await untilOver(producer, "r");

  console.log({ perSecond, lines });
  // Two workers with a few lanes and duties each; a loop without a pause would make thousands.
  expect(perSecond).toBeLessThan(100);
  expect(Math.max(...lines)).toBeLessThan(300);
  expect(run).toMatchObject({ enqueued: 3_000, delivered: 3_000, failed: 0 });
  redis.disconnect();
  await producer.close();
  await server.stop();
});
