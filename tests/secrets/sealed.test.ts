// Customers sealed in Redis: nothing of them can be read there, keys rotate while deliveries wait, and a
// worker without the key holds nothing up and loses nothing.

import { createProducer, type Producer } from "@postrider/producer/producer";
import { type Delivery, packDelivery, unpackDelivery } from "@postrider/shared/delivery";
import { createSealer, parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, reply } from "../support/receiver.ts";
import { dumpRedis } from "../support/redis-dump.ts";
import { newKey } from "../support/secret-keys.ts";
import { startSystem } from "../support/system.ts";

const SIGNING_SECRET = `whsec_${Buffer.from("a key of twenty-four bytes and more").toString("base64")}`;

async function startProducer(redis: string): Promise<Producer & AsyncDisposable> {
  const producer = await createProducer({ redis });
  return { ...producer, [Symbol.asyncDispose]: () => producer.close() };
}

const [OLD, NEW] = [newKey("old"), newKey("new")];

test("a sealed delivery opens as what it was, and in no other action or run", () => {
  const sealer = createSealer(parseSecretKeys(OLD) as SecretKeys);
  const delivery: Delivery = {
    v: 1,
    action: "a@1",
    run: "r",
    customer: { id: 9007199254740993n, name: "Zoë" },
    event: { at: 1 },
    values: { event_name: "e" },
  };
  const { packed } = packDelivery(delivery, sealer);

  expect(unpackDelivery(packed, sealer)).toEqual(delivery);
  expect(JSON.stringify(packed)).not.toMatch(/9007|Zoë|event_name/);
  expect(unpackDelivery({ ...packed, action: "b@1" }, sealer)).toHaveProperty("problem");
  expect(unpackDelivery({ ...packed, run: "s" }, sealer)).toHaveProperty("problem");
});

test("Redis shows nothing of sealed customers, not even in what is kept of their attempts; people with the key see all", async () => {
  await using system = await startSystem(({ body }) => reply(400, {}, `no: ${body}`), {
    secretKeys: OLD,
    sealCustomers: true,
  });
  await system.apply();
  await system.producer.enqueueMany({
    action: "a",
    run: "r",
    customers: [{ id: "pl4nted-id", email: "pl4nted@example.com" }],
    event: { product: "pl4nted-product" },
    values: { event_name: "pl4nted-event" },
  });
  expect(await dumpRedis(system.redisUrl)).not.toContain("pl4nted");
  await system.startWorker({ POSTRIDER_SECRET_KEYS: OLD });
  await system.untilEnded("r");

  const [letter] = await eventually(async () => {
    const { deadLetters } = await system.producer.deadLetters.list();
    expect(deadLetters).toHaveLength(1);
    return deadLetters;
  });
  expect(await dumpRedis(system.redisUrl)).not.toContain("pl4nted");
  expect(system.receiver.requests[0]?.body).toContain("pl4nted@example.com");
  expect(letter?.customerId).toBe("pl4nted-id");
  const id = letter?.id ?? "";
  const shown = await system.producer.deadLetters.show(id);
  expect(shown.delivery?.customer).toMatchObject({ email: "pl4nted@example.com" });
  expect(shown.request?.body).toBe(system.receiver.requests[0]?.body);
  expect(shown.history).toMatchObject([
    { finding: { body: expect.stringContaining("pl4nted@example.com") } },
  ]);
  expect(await system.producer.deliveries.show(id)).toMatchObject({
    customerId: "pl4nted-id",
    attempts: [{ finding: { status: 400 } }],
  });

  await using without = await startProducer(system.redisUrl);
  expect(await without.deadLetters.list()).toMatchObject({ deadLetters: [{ customerId: "" }] });
  const closed = await without.deadLetters.show(id);
  expect(closed).toMatchObject({ request: null, history: [], problems: [{ code: "key_missing" }] });
  expect(JSON.stringify([closed, await without.deliveries.show(id)])).not.toContain("pl4nted");
});

test("a sealed dead letter is replayed without the key, with the action's present version and a new key that is signed", async () => {
  await using system = await startSystem(({ path }) => (path === "/new" ? ok() : reply(400)), {
    secretKeys: OLD,
    sealCustomers: true,
  });
  await system.apply();
  await system.startWorker({ POSTRIDER_SECRET_KEYS: OLD });
  await system.producer.enqueueMany({ action: "a", run: "r", customers: [{ id: 1, email: "a@b.example" }] });
  await system.untilEnded("r");
  const signing = { scheme: "standard-webhooks" as const, secrets: [SIGNING_SECRET] };
  await system.apply({ url: `${system.receiver.url}/new`, signing });

  await using without = await startProducer(system.redisUrl);
  const selection = { filter: { run: "r" } };
  const options = { presentVersion: true, newKey: true };
  expect(await without.deadLetters.replay(selection, options)).toMatchObject({ replayed: 1 });
  await system.untilEnded("r");

  const [first, second] = system.receiver.requests;
  expect(second?.body).toBe(first?.body);
  expect(second?.key).not.toBe(first?.key);
  expect(second?.headers["webhook-id"]).toBe(second?.key);
  expect(new Webhook(SIGNING_SECRET).verify(second?.body ?? "", second?.headers ?? {})).toMatchObject({
    id: 1,
  });
});

test("keys rotate while deliveries wait, and the same run goes on under the new one", async () => {
  await using old = await startSystem(() => ok(), { secretKeys: OLD, sealCustomers: true });
  await old.apply();
  const all = Array.from({ length: 20 }, (_, id) => ({ id }));
  await old.producer.enqueueMany({ action: "a", run: "r", customers: all.slice(0, 10) });

  const producer = await createProducer({
    redis: old.redisUrl,
    secretKeys: `${NEW},${OLD}`,
    sealCustomers: true,
  });
  const again = await producer.enqueueMany({ action: "a", run: "r", customers: all });
  await producer.close();
  await old.startWorker({ POSTRIDER_SECRET_KEYS: `${NEW},${OLD}` });
  await old.untilEnded("r");

  expect(again).toMatchObject({ enqueued: 10, duplicates: 10 });
  expect(await old.producer.runs.get("r")).toMatchObject({ delivered: 20, failed: 0 });
});

test("a worker without the key says so, spends no attempt, and leaves the delivery to one that has it", async () => {
  await using system = await startSystem(() => ok(), { secretKeys: OLD, sealCustomers: true });
  await system.apply({ retry: { attempts: 1 } });
  await using without = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: system.redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_SECRET_KEYS: NEW,
  });
  await without.waitForOutput(/worker ready/);
  await system.producer.enqueueMany({ action: "a", run: "r", customers: [{ id: 1 }] });
  const [line] = await without.waitForOutput(/\{[^\n]*"reason":"key_missing"[^\n]*/);
  expect(line).toContain('"level":"error"');
  expect(line).toContain("the key old, which POSTRIDER_SECRET_KEYS does not have");
  without.kill("SIGTERM");
  await without.exited;

  await system.startWorker({ POSTRIDER_SECRET_KEYS: OLD });
  await system.untilEnded("r");
  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 1, failed: 0 });
});
