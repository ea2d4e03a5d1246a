// The secrets that a worker holds: real Redis, a clock that the test moves.

import { compileAction } from "@postrider/compose/compile";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { parseAction } from "@postrider/shared/parse-action";
import { createSealer, parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { readFromRedis } from "@postrider/worker/unseal/open-secrets";
import { createSecretCache, type Found } from "@postrider/worker/unseal/secret-cache";
import type { Redis } from "ioredis";
import { afterAll, beforeEach, expect, test } from "vitest";
import { storeKeys, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";

const KEYS = newKey("k1");
let redis: Redis;
let producer: Producer;
let now = 0;
let reads = 0;

beforeEach(async () => {
  redis?.disconnect();
  await producer?.close();
  const url = await isolatedRedisUrl();
  redis = openRedis(url);
  producer = await createProducer({ redis: url, secretKeys: KEYS });
  reads = 0;
});
afterAll(async () => {
  redis.disconnect();
  await producer.close();
});

function createCache(actionsMax = 10) {
  const read = readFromRedis(toStore(redis));
  const counted: typeof read = (names) => {
    reads += 1;
    return read(names);
  };
  const sealer = createSealer(parseSecretKeys(KEYS) as SecretKeys);
  return createSecretCache(counted, sealer, { actionsMax, now: () => now });
}

function action(...secrets: string[]) {
  return compileAction(parseAction({ id: "a", url: "https://h/", secrets }));
}

function secretsOf(found: Found) {
  if (found.kind !== "secrets") throw new Error(found.message);
  return found.secrets;
}

test("a secret of the TLS file is given to no action", async () => {
  await producer.secrets.set("A", "value 1");
  await producer.secrets.set("TLS_KEY", "value 2");
  const sealer = createSealer(parseSecretKeys(KEYS) as SecretKeys);
  const isReserved = (name: string) => name === "TLS_KEY";
  const find = createSecretCache(readFromRedis(toStore(redis)), sealer, {
    actionsMax: 1,
    now: () => now,
    isReserved,
  });

  expect(await find(action("A", "TLS_KEY"))).toMatchObject({ kind: "unready", reason: "secret_missing" });
  expect(secretsOf(await find(action("A")))).toEqual({ A: "value 1" });
});

test("many deliveries read once, a change is noticed after two seconds, and what has not changed stays the same object", async () => {
  await producer.secrets.set("A", "value 1");
  await producer.secrets.set("B", "value 2");
  const find = createCache();
  const one = action("A", "B");

  const first = await Promise.all([find(one), find(one), find(one)]);
  expect(reads).toBe(1);
  expect(first.map(secretsOf)).toEqual(Array(3).fill({ A: "value 1", B: "value 2" }));
  expect(find(one)).not.toBeInstanceOf(Promise);

  now += 2_001;
  expect(await find(one)).toBe(first[0]);
  await producer.secrets.set("B", "value 3");
  now += 1_999;
  expect(await find(one)).toBe(first[0]);
  now += 2;
  expect(secretsOf(await find(one))).toEqual({ A: "value 1", B: "value 3" });
  expect(reads).toBe(3);
});

test("what is missing, or was put under another name in Redis, is said, and is looked for again", async () => {
  await producer.secrets.set("A", "value 1");
  const find = createCache();
  const both = action("A", "B");
  expect(await find(both)).toMatchObject({ kind: "unready", reason: "secret_missing" });

  await redis.hset(storeKeys.secrets(), "B", (await redis.hget(storeKeys.secrets(), "A")) ?? "");
  now += 2_001;
  expect(await find(both)).toMatchObject({
    kind: "unready",
    reason: "key_missing",
    message: expect.stringContaining("comes from elsewhere"),
  });
});

test("an action without secrets asks nobody, and no more actions are held than allowed", async () => {
  await producer.secrets.set("A", "value 1");
  const find = createCache(1);
  const [one, other] = [action("A"), action("A")];
  expect(find(action())).toEqual({ kind: "secrets", secrets: {} });
  expect(reads).toBe(0);
  for (const wanted of [one, other, one]) await find(wanted);
  expect(reads).toBe(3);
});
