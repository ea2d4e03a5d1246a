// What a worker and the API expose, read by Prometheus' own rules.

import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { checkMetrics, providePromtool } from "../support/promtool.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const promtool = providePromtool();
if (promtool === null)
  console.log(
    "skipped, since there is no promtool here: install Prometheus (Debian: apt-get install prometheus)",
  );

test.skipIf(promtool === null)("promtool has nothing against a worker's metrics", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver((_, { nth }) => (nth === 1 ? reply(500) : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    limits: { ratePerSecond: 1_000 },
    retry: { attempts: 3, baseMs: 20, factor: 1, maxMs: 20 },
  });
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
  });
  const [, port] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  await producer.enqueueMany({ action: "a", customers: customers(20), run: "r" });
  await eventually(async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: 20 }));

  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(page).toMatch(/^postrider_deliveries_total\{[^}]*"delivered"[^}]*\} 20$/m);
  expect(page).toMatch(/^postrider_process_resident_memory_bytes \d+$/m);
  expect(await checkMetrics(promtool ?? "", page)).toEqual({ code: 0, said: "" });
  await producer.close();
});

test.skipIf(promtool === null)("promtool has nothing against the API's metrics", async () => {
  await using api = await startApi();
  const { text } = await api.request("GET", "/metrics");

  expect(await checkMetrics(promtool ?? "", text)).toEqual({ code: 0, said: "" });
});
