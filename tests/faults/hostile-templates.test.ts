// A hostile author's deliveries and everybody else's, in one lane and one worker, whose claims hold for less
// than the hostile ones together would block it: they fail, the others are delivered once, and the process
// stays as large as it was.

import { readFile } from "node:fs/promises";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

/**
 * Just beyond what a worker grants: time, memory and text. An engine without limits ends each of them by
 * itself, in a few seconds and some ten megabytes. `composer.test.ts` has more kinds, under lowered limits.
 */
const COSTLY: readonly (readonly [body: string, customer: object])[] = [
  [
    "{% for a in customer.l %}{% for b in customer.l %}{% assign x = b | plus: 1 | times: 2 | minus: 3 %}{% endfor %}{% endfor %}",
    { l: Array.from({ length: 2_000 }, (_, index) => index) },
  ],
  [`{% assign a = customer.s %}${"{% assign a = a | append: a %}".repeat(16)}`, { s: "x".repeat(200) }],
  ["{% for i in (1..1000) %}{{ customer.s }}{% endfor %}", { s: "x".repeat(10_000) }],
];
/** Each so often, so that they would hold a worker up for longer than its claims hold. */
const TIMES = 5;

/**
 * Of a worker in ordinary use it is some 120 MB; two threads of at most 112 MB of heap each come on top, for
 * as long as they live.
 */
const RESIDENT_MB_MAX = 600;

test("hostile templates fail by name, and their neighbours are delivered once each", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "good", url: `${receiver.url}/good`, body: "{{ customer }}" });
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const hostile = Array.from({ length: TIMES }, () => COSTLY).flat();
  for (const [index, [body]] of hostile.entries())
    await producer.actions.apply({ id: `hostile-${index}`, url: `${receiver.url}/hostile`, headers, body });

  await producer.enqueueMany({ action: "good", customers: customers(500), run: "before" });
  for (const [index, [, data]] of hostile.entries())
    await producer.enqueueMany({
      action: `hostile-${index}`,
      customers: [{ id: 1, ...data }],
      run: `bad-${index}`,
    });
  await producer.enqueueMany({ action: "good", customers: customers(500), run: "after" });

  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_CONCURRENCY: "50",
    POSTRIDER_LOCK_MS: "5000",
    POSTRIDER_STALLED_CHECK_MS: "500",
  });
  const show = (run: string) => producer.runs.get(run);
  await eventually(async () => {
    for (const run of ["before", "after"])
      expect(await show(run)).toMatchObject({ delivered: 500, waiting: 0, inFlight: 0 });
    for (const index of hostile.keys())
      expect(await show(`bad-${index}`)).toMatchObject({ failed: 1, waiting: 0, inFlight: 0 });
  });

  for (const index of hostile.keys())
    expect((await show(`bad-${index}`)).failedByReason).toMatchObject({ template_too_costly: 1 });
  const requests = [...receiver.byKey().values()];
  expect(requests).toHaveLength(1_000);
  expect(requests.filter((same) => same.length > 1)).toEqual([]);
  expect(worker.stdout.split("\n").filter((line) => line.includes("claim ran out"))).toEqual([]);
  const status = await readFile(`/proc/${worker.pid}/status`, "utf8");
  expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024).toBeLessThan(RESIDENT_MB_MAX);
  await producer.close();
});
