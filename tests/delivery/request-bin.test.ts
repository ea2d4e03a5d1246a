// The request bin as a destination: a run is delivered into it without any receiver or network, and what
// arrived is shown to whoever reaches the action.

import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { storeKeys } from "../support/keys.ts";
import { reply } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { startSystem } from "../support/system.ts";

const secretKeys = newKey("k1");
const [ADMIN, NARROW] = ["a".repeat(40), "n".repeat(40)];

test("a run into the bin is delivered, and the latest requests are shown with their credentials masked", async () => {
  await using system = await startSystem(() => reply(200), { secretKeys });
  await using api = await startApi({
    POSTRIDER_REDIS_URL: system.redisUrl,
    POSTRIDER_SECRET_KEYS: secretKeys,
    POSTRIDER_API_TOKENS: JSON.stringify([
      { name: "all", scopes: ["admin"], token: ADMIN },
      { name: "other", scopes: ["read"], actions: ["other"], token: NARROW },
    ]),
  });
  await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys, POSTRIDER_ALLOW_NETWORKS: "" });
  await system.producer.secrets.set("KEY", "a secret that nobody sees");
  await system.apply({
    url: "http://request-bin.invalid/people/{{ customer.id }}?x=1",
    secrets: ["KEY"],
    headers: [
      { name: "Authorization", value: "Bearer {{ secrets.KEY }}" },
      { name: "X-Sum", value: "{{ secrets.KEY | sha1 }}" },
    ],
    body: '{"name": "{{ customer.name }}"}',
  });
  const customers = Array.from({ length: 3 }, (_, id) => ({ id, name: `Customer ${id}` }));
  await system.producer.enqueueMany({ action: "a", customers, run: "r" });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 3, failed: 0 });
  const shown = await api.request("GET", "/v1/bin", { token: ADMIN });
  expect(shown.json.requests).toHaveLength(3);
  expect(shown.json.requests[0]).toMatchObject({
    action: "a",
    method: "POST",
    httpVersion: "1.1",
    path: expect.stringMatching(/^\/people\/\d\?x=1$/),
    body: expect.stringMatching(/^\{"name": "Customer \d"\}$/),
  });
  const headers = new Map(
    shown.json.requests[0].headers.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  expect([headers.get("host"), headers.get("Authorization"), headers.get("X-Sum")]).toEqual([
    "request-bin.invalid",
    "***",
    "***",
  ]);
  expect(headers.get("Idempotency-Key")).toMatch(/\w/);
  expect(shown.text).not.toContain("a secret that nobody sees");
  expect((await api.request("GET", "/v1/bin", { token: NARROW })).json.requests).toEqual([]);

  const redis = new Redis(system.redisUrl, { replyMapping: "legacy" });
  const kept = await redis.lrange(storeKeys.bin(), 0, -1);
  expect(kept).toHaveLength(3);
  expect(kept.join("\n")).not.toContain("Customer");
  expect(await redis.pttl(storeKeys.bin())).toBeGreaterThan(0);
  redis.disconnect();
});
