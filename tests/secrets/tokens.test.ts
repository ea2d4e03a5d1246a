// One access token for all workers: real Redis, a clock that the test moves, a token endpoint that is
// counted.

import { randomBytes } from "node:crypto";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { OAuthClient } from "@postrider/compose/compile-credentials";
import { createSealer, parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import type { IssuedToken, NoToken } from "@postrider/worker/authorize/oauth";
import { createSharedTokens } from "@postrider/worker/authorize/shared-tokens";
import { createTokens, type TokenFound, type TokenOrder } from "@postrider/worker/authorize/tokens";
import { createInterrupts } from "@postrider/worker/interrupts";
import { Redis } from "ioredis";
import { afterAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { storeKeys, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl, redisBinary } from "../support/redis.ts";
import { findKeys } from "../support/redis-keys.ts";

const client: OAuthClient = {
  tokenUrl: { origin: "https://id.example.com", path: "/token" },
  clientId: "c",
  clientSecret: "pl4nted-client",
  scope: null,
  audience: null,
  clientAuthentication: "basic",
};
const sealer = createSealer(parseSecretKeys(`k1:${randomBytes(32).toString("base64")}`) as SecretKeys);
const LIFETIME_MS = 100_000;

let redis: Redis;
let now = 0;
let fetches = 0;
/** What the endpoint does next. */
let answer: () => Promise<IssuedToken | NoToken>;

beforeEach(async () => {
  redis?.disconnect();
  redis = openRedis(await isolatedRedisUrl());
  now = 1_700_000_000_000;
  fetches = 0;
  answer = async () => ({ value: `pl4nted-token-${fetches}`, lifetimeMs: LIFETIME_MS });
});
afterAll(() => redis.disconnect());

function worker() {
  const interrupts = createInterrupts();
  const shared = createSharedTokens(toStore(redis), sealer);
  const tokens = createTokens({ shared, digest: sealer.digest, interrupts, now: () => now });
  const order: TokenOrder = {
    client,
    timeoutMs: 1_000,
    fetch: () => {
      fetches += 1;
      return answer();
    },
  };
  return {
    interrupts,
    get: async () => tokens.get(order),
    renew: (refused: string) => tokens.renew(order, refused),
  };
}

function tokenOf(found: TokenFound | null): string {
  if (found?.kind !== "token") throw new Error(`no token: ${JSON.stringify(found)}`);
  return found.token.value;
}

test("all workers together fetch one token, and Redis holds it sealed", async () => {
  const workers = Array.from({ length: 5 }, worker);
  const found = await Promise.all(workers.flatMap(({ get }) => [get(), get(), get()]));

  expect(fetches).toBe(1);
  expect(new Set(found.map(tokenOf))).toEqual(new Set(["pl4nted-token-1"]));
  const names = await findKeys(redis);
  const values = await Promise.all(names.map((name) => redis.get(name)));
  expect(names).toHaveLength(1);
  expect(`${names}${values}`).not.toContain("pl4nted");
  expect(await redis.pttl(names[0] ?? "")).toBeGreaterThan(LIFETIME_MS - 10_000);
});

test("before it runs out one worker fetches the next one, and nobody waits for it", async () => {
  const workers = [worker(), worker(), worker()] as const;
  await Promise.all(workers.map(({ get }) => get()));
  let release = (): void => undefined;
  answer = () =>
    new Promise((resolve) => {
      release = () => resolve({ value: "pl4nted-next", lifetimeMs: LIFETIME_MS });
    });
  now += LIFETIME_MS * 0.81;

  const meanwhile = await Promise.all(workers.map(({ get }) => get()));
  expect(new Set(meanwhile.map(tokenOf))).toEqual(new Set(["pl4nted-token-1"]));
  await eventually(() => expect(fetches).toBe(2));
  release();
  await eventually(async () => {
    for (const { get } of workers) expect(tokenOf(await get())).toBe("pl4nted-next");
  });
  expect(fetches).toBe(2);
});

test("a token that has run out is not used, and one of the workers that wait fetches", async () => {
  const workers = [worker(), worker()] as const;
  await Promise.all(workers.map(({ get }) => get()));
  now += LIFETIME_MS + 1;

  const found = await Promise.all(workers.map(({ get }) => get()));

  expect(new Set(found.map(tokenOf))).toEqual(new Set(["pl4nted-token-2"]));
  expect(fetches).toBe(2);
});

test("a worker that died while it was fetching holds the others up until its lock runs out", async () => {
  await redis.set(storeKeys.tokenLock(sealer.digest(JSON.stringify(client))), "dead", "PX", 300);

  expect(tokenOf(await worker().get())).toBe("pl4nted-token-1");
  expect(await redis.exists(storeKeys.tokenLock(sealer.digest(JSON.stringify(client))))).toBe(0);
});

test("a shutdown ends the wait for another worker", async () => {
  await redis.set(storeKeys.tokenLock(sealer.digest(JSON.stringify(client))), "other", "PX", 60_000);
  const { get, interrupts } = worker();
  const found = get();
  await eventually(() => expect(interrupts.count()).toBe(1));
  interrupts.interruptAll();

  expect(await found).toEqual({ kind: "interrupted" });
  expect(interrupts.count()).toBe(0);
});

test("a refused token is renewed once for all; a renewed one that is refused at once is not", async () => {
  const workers = [worker(), worker()] as const;
  await Promise.all(workers.map(({ get }) => get()));

  const renewed = await Promise.all(
    workers.flatMap(({ renew }) => [renew("pl4nted-token-1"), renew("pl4nted-token-1")]),
  );
  expect(new Set(renewed.map(tokenOf))).toEqual(new Set(["pl4nted-token-2"]));
  expect(fetches).toBe(2);
  expect(await workers[0].renew("pl4nted-token-2")).toBeNull();
  now += 11_000;
  expect(tokenOf(await workers[0].renew("pl4nted-token-2"))).toBe("pl4nted-token-3");
});

test("a failed fetch is told to all, and nobody tries again for a while; an old token goes on", async () => {
  const failure: NoToken = { kind: "unready", reason: "auth_unavailable", message: "down" };
  const workers = [worker(), worker()] as const;
  await workers[0].get();
  answer = async () => failure;
  now += LIFETIME_MS * 0.81;
  expect(tokenOf(await workers[0].get())).toBe("pl4nted-token-1");
  await eventually(() => expect(fetches).toBe(2));
  await eventually(async () => expect(await findKeys(redis, ":failure")).toHaveLength(1));

  for (let times = 0; times < 20; times++)
    for (const { get } of workers) expect(tokenOf(await get())).toBe("pl4nted-token-1");
  expect(fetches).toBe(2);
  // Neither has a token any more; the failure is still known to Redis.
  now += LIFETIME_MS;
  expect(await worker().get()).toEqual(failure);
  expect(fetches).toBe(2);
});

test("an endpoint that says when to come back is asked by nobody until then", async () => {
  const notBefore = now + 60_000;
  answer = async () => ({ kind: "unready", reason: "auth_unavailable", message: "answered 429", notBefore });
  const workers = [worker(), worker()] as const;
  for (const waited of [0, 30_000, 29_000]) {
    now += waited;
    for (const { get } of workers) expect(await get()).toMatchObject({ notBefore });
  }
  expect(fetches).toBe(1);
  const [key = ""] = await findKeys(redis, ":failure");
  expect(await redis.pttl(key)).toBeGreaterThan(30_000);
});

test("why a fetch failed lies in Redis without the client's secret, whatever the endpoint calls its error", async () => {
  answer = async () => ({
    kind: "unready",
    reason: "auth_unavailable",
    message: "answered 400 (pl4nted-client)",
  });

  expect(await worker().get()).toMatchObject({ message: "answered 400 (***)" });
  const [key = ""] = await findKeys(redis, ":failure");
  expect(await redis.get(key)).toContain("answered 400 (***)");
});

test("a token that Redis, being full, does not keep is used by who fetched it, and nobody else fetches one", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  redis.disconnect();
  redis = new Redis(server.url, { replyMapping: "legacy" });
  const { get, interrupts } = worker();
  answer = async () => {
    await redis.config("SET", "maxmemory", "1");
    return { value: "pl4nted-kept", lifetimeMs: LIFETIME_MS };
  };

  expect(tokenOf(await get())).toBe("pl4nted-kept");
  // No lock is to be had for the next one: the old one goes on.
  now += LIFETIME_MS * 0.81;
  expect(tokenOf(await get())).toBe("pl4nted-kept");
  await eventually(() => expect(interrupts.count()).toBe(0));
  expect(tokenOf(await get())).toBe("pl4nted-kept");
  const other = worker();
  const waiting = other.get();
  await eventually(() => expect(other.interrupts.count()).toBe(1));
  expect(fetches).toBe(1);

  await redis.config("SET", "maxmemory", "0");
  answer = async () => ({ value: "pl4nted-next", lifetimeMs: LIFETIME_MS });
  expect(tokenOf(await waiting)).toBe("pl4nted-next");
  await eventually(async () => expect(tokenOf(await get())).toBe("pl4nted-next"));
  expect(fetches).toBe(2);
  redis.disconnect();
  await server.stop();
});

test("why a fetch failed is told also where a full Redis does not keep it", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  redis.disconnect();
  redis = new Redis(server.url, { replyMapping: "legacy" });
  answer = async () => {
    await redis.config("SET", "maxmemory", "1");
    return { kind: "unready", reason: "auth_unavailable", message: "down" };
  };
  const { get } = worker();

  expect(await get()).toMatchObject({ message: "down" });
  expect(await get()).toMatchObject({ message: "down" });
  expect(fetches).toBe(1);
  redis.disconnect();
  await server.stop();
});
