// Redis behind a real Sentinel: its place is learned from the connection, and no delivery gets there.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startSentinel } from "../support/sentinel.ts";
import { startSystem } from "../support/system.ts";

test("the Redis that Sentinels name cannot be reached by a delivery", async () => {
  await using system = await startSystem();
  const redis = new URL(system.redisUrl);
  await using sentinel = await startSentinel(Number(redis.port));
  await system.startWorker({
    POSTRIDER_REDIS_URL: `${sentinel.url}${redis.pathname}`,
  });
  await system.apply({ url: `http://127.0.0.1:${redis.port}/` });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () => expect(await system.producer.outcomes.get(id)).not.toBeNull());

  const shown = await system.producer.deadLetters.show(id);
  expect(shown.history).toMatchObject([{ finding: { problems: [{ field: "url", code: "own_port" }] } }]);
});
