// Outcomes that were recorded together stand in one entry of the stream, and are read one by one.

import { createCustomerIndex } from "@postrider/redis/customer-index";
import { createLedger } from "@postrider/redis/ledger";
import { toCustomerPlace } from "@postrider/shared/customer-place";
import type { Outcome } from "@postrider/shared/outcome";
import { toTold } from "@postrider/shared/outcome-entry";
import { createSealer } from "@postrider/shared/seal";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startSystem } from "../support/system.ts";

/** As the producer has it. */
const KEPT_MS = 24 * 3_600_000;
const SEALER = createSealer([]);
const DELIVERED: Outcome = {
  outcome: "delivered",
  reason: "reply_2xx",
  status: 200,
  attempts: 1,
  endedAt: Date.now(),
};

/** Ends so many deliveries in one step, those of customers `c<first>` and on. */
async function end(redis: Redis, first: number, count: number, outcomesKept: number): Promise<void> {
  const options = { idempotencyWindowMs: KEPT_MS, deadLettersAgeMs: KEPT_MS, outcomesKept };
  const ledger = createLedger(toShard(redis), { ...options, customersKeptMs: KEPT_MS });
  const all = Array.from({ length: count }, (_, nth) => `c${first + nth}`);
  for (const id of all) await redis.set(`${shardKeys.job("bulk", id)}:lock`, "mine");
  await Promise.all(
    all.map((id) => {
      const delivery = { v: 1, action: "a@1", customer: { id } } as const;
      return ledger.write({
        claimed: { id, lane: "bulk", token: "mine", delivery: {} },
        record: null,
        outcome: DELIVERED,
        told: toTold(
          {
            id,
            delivery,
            outcome: DELIVERED,
            latencyMs: 1,
            sendMs: 1,
            captured: undefined,
            customerId: undefined,
          },
          SEALER,
        ),
        customerPlace: toCustomerPlace(id, null),
        isRetry: false,
      });
    }),
  );
}

test("pages of any length go on in the middle of an entry, and what was dropped is counted to the last one", async () => {
  await using system = await startSystem();
  const redis = openRedis(system.redisUrl);
  const { outcomes } = system.producer;
  for (let nth = 0; nth < 5; nth++) await end(redis, nth * 100, 100, 1_000);
  expect(await redis.xlen(shardKeys.outcomes())).toBe(5);

  const ids: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await outcomes.read({ limit: 7, ...(after !== undefined && { after }) });
    expect(page.missed).toBe(0);
    ids.push(...page.outcomes.map(({ id }) => id));
    after = page.after;
    if (page.outcomes.length === 0) break;
  }
  expect(ids).toEqual(Array.from({ length: 500 }, (_, nth) => `c${nth}`));

  const { after: third } = await outcomes.read({ limit: 3 });
  for (let nth = 0; nth < 30; nth++) await end(redis, 1_000 + nth * 100, 100, 150);
  const page = await outcomes.read({ after: third, limit: 1_000 });
  const missed = page.missed ?? 0;
  expect(page.outcomes.length).toBeGreaterThanOrEqual(150);
  expect(missed).toBeGreaterThan(3_000 - 150 - 100);
  expect(3 + missed + page.outcomes.length).toBe(3_500);
  expect(page.outcomes.at(-1)?.id).toBe("c3999");
  redis.disconnect();
});

test("the index of customers leads to the outcome in its entry, and tells nothing of one that is dropped", async () => {
  await using system = await startSystem();
  const redis = openRedis(system.redisUrl);
  await end(redis, 0, 100, 150);
  const { deliveries } = system.producer.customers;
  for (const customer of ["c0", "c42", "c99"])
    expect(await deliveries(customer)).toMatchObject([
      { id: customer, action: "a@1", outcome: DELIVERED_SHOWN },
    ]);

  for (let nth = 1; nth < 30; nth++) await end(redis, nth * 100, 100, 150);

  expect(await deliveries("c42")).toEqual([]);
  expect(await deliveries("c2999")).toMatchObject([{ id: "c2999" }]);
  const index = createCustomerIndex(toShard(redis), KEPT_MS);
  expect(await index.ended(toCustomerPlace("c42", null), 10, Date.now())).toEqual([]);
  redis.disconnect();
});

const DELIVERED_SHOWN = { outcome: "delivered", status: 200 };
