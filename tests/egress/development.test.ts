// `postrider up` lets requests to this machine through, and says so; a setting that cannot be used ends a
// worker at once.

import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { postrider, startPostrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("up delivers to this machine although nothing is allowed, and says that it does", async () => {
  await using receiver = await startReceiver();
  const environment = {
    POSTRIDER_API_PORT: "0",
    POSTRIDER_REDIS_URL: await isolatedRedisUrl(),
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_ALLOW_NETWORKS: "",
  };
  await using up = startPostrider(["up"], environment);
  await up.waitForOutput(
    /requests to this machine are allowed \(127\.0\.0\.0\/8, ::1\/128\).*POSTRIDER_ALLOW_NETWORKS/,
  );
  const producer = await createProducer({ redis: environment.POSTRIDER_REDIS_URL });
  await producer.actions.apply({ id: "a", url: receiver.url, body: "{}" });

  const { id } = await producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" }),
  );
  await producer.close();
  up.kill("SIGTERM");
  expect((await up.exited).code).toBe(0);
});

test("a worker whose TLS file cannot be read says so and exits with 2", async () => {
  const result = await postrider(["worker"], {
    POSTRIDER_REDIS_URL: await isolatedRedisUrl(),
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_TLS_FILE: "/nowhere/tls.json",
  });

  expect(result.stderr).toMatch(/POSTRIDER_TLS_FILE.*\/nowhere\/tls\.json.*ENOENT/);
  expect(result.code).toBe(2);
});
