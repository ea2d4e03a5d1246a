// A version that an earlier release has saved and this one would refuse: its deliveries fail by name, and are
// not tried again and again.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startSystem } from "../support/system.ts";

test("a saved version with a condition that is refused by now ends its deliveries, and says why", async () => {
  await using system = await startSystem();
  await system.apply();
  const redis = openRedis(system.redisUrl);
  const saved = JSON.parse((await redis.hget(storeKeys.action("a"), "1")) ?? "{}") as Record<string, unknown>;
  const body = "{% if customer.plan is 'gold' %}1{% else %}2{% endif %}";
  await redis.hset(storeKeys.action("a"), "1", JSON.stringify({ ...saved, body }));
  redis.disconnect();
  await system.startWorker();

  const { id } = await system.producer.enqueue({ action: "a@1", customer: { id: "c" } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "failed", reason: "template" }),
  );
  expect(system.receiver.requests).toEqual([]);
});
