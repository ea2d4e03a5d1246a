// Redis behind a real Sentinel: its place is learned from the connection, and no delivery gets there.

import { parseAction } from "@postrider/shared/parse-action";
import { parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { testAction } from "@postrider/worker/test-send";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { oneServerUrl } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";
import { startSentinel } from "../support/sentinel.ts";
import { startSystem } from "../support/system.ts";

const KEYS = newKey("k1");

test("the Redis that Sentinels name cannot be reached by a delivery", async () => {
  await using system = await startSystem(undefined, { redis: await oneServerUrl() });
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

test("nor by a test send, whether or not it needs Redis", async () => {
  await using system = await startSystem(undefined, {
    redis: await oneServerUrl(),
    secretKeys: parseSecretKeys(KEYS) as SecretKeys,
  });
  const redis = new URL(system.redisUrl);
  await using sentinel = await startSentinel(Number(redis.port));
  const settings = readSettings({
    POSTRIDER_REDIS_URL: `${sentinel.url}${redis.pathname}`,
    POSTRIDER_SECRET_KEYS: KEYS,
    POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
  });
  const url = `http://127.0.0.1:${redis.port}/`;
  const auth = { bearer: { token: "{{ secrets.TOKEN }}" } };
  await system.producer.secrets.set("TOKEN", "long enough");

  for (const more of [{}, { secrets: ["TOKEN"], auth }]) {
    const tested = await testAction(
      parseAction({ id: "a", url, ...more }),
      { customer: { id: 1 } },
      settings,
    );
    expect(tested.problems).toMatchObject([{ field: "url", code: "own_port" }]);
  }
});
