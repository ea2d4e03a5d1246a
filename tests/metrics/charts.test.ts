// Charts of a whole system: what workers and producers have counted, by library, command line and API.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import type { SeriesOrder } from "@postrider/producer/metrics/chart-series";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS } from "../support/fleet.ts";
import { closedPort } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

/** `<measure> <name>` → the sum of its points. */
async function sums(producer: Producer, order: SeriesOrder): Promise<Record<string, number>> {
  const { series } = await producer.metrics.series(order);
  return Object.fromEntries(
    series.map(({ measure, name, points }) => [
      name === null ? measure : `${measure} ${name}`,
      points.reduce<number>((sum, point) => sum + (point ?? 0), 0),
    ]),
  );
}

const deliveredIn = async (producer: Producer) =>
  (await sums(producer, { measures: ["delivered"] }))["delivered"] ?? 0;

test("two workers that were stopped have told all that they counted, and it equals the run's counters", async () => {
  const tried = new Set<string>();
  await using system = await startSystem(({ body }) => {
    const { id } = JSON.parse(body) as { id: string };
    if (/[36]$/.test(id)) return reply(422);
    if (/9$/.test(id) && !tried.has(id)) {
      tried.add(id);
      return reply(503);
    }
    return reply(200);
  });
  const { producer } = system;
  const workers = [await system.startWorker(), await system.startWorker()];
  await system.apply({ id: "welcome" });
  await producer.enqueueMany({ action: "welcome", customers: customers(300), run: "r" });
  await producer.enqueueMany({ action: "welcome", customers: customers(20), run: "held", hold: true });
  const { id } = await producer.enqueue({
    action: "welcome",
    customer: { id: "x" },
    sendAt: new Date(Date.now() + 3_600_000),
  });
  await producer.deliveries.cancel(id);
  await system.untilEnded("r");
  await Promise.all(workers.map((worker) => worker.close()));
  const { delivered, failed, retries } = await producer.runs.get("r");

  const measures = ["delivered", "failed", "retries", "attempts", "cancelled"] as const;
  const all = { delivered, failed, retries, attempts: 330 };
  expect(all).toMatchObject({ delivered: 240, failed: 60, retries: 30 });
  const of = (name: string) =>
    Object.fromEntries(Object.entries(all).map(([measure, count]) => [`${measure} ${name}`, count]));
  expect(await sums(producer, { measures, by: "run" })).toMatchObject(of("r"));
  expect(await sums(producer, { measures, by: "destination" })).toMatchObject(of(system.receiver.url));
  expect(await sums(producer, { measures, step: "1h" })).toMatchObject(all);
  expect(await sums(producer, { measures: ["failed", "retries"], by: "reason" })).toMatchObject({
    "failed reply_4xx": 60,
    "retries reply_5xx": 30,
  });
  // The producer tells what it has counted some seconds later.
  await eventually(async () =>
    expect(await sums(producer, { measures: ["enqueued", "cancelled"], by: "action" })).toEqual({
      "enqueued welcome": 321,
      "cancelled welcome": 1,
    }),
  );

  const environment = { POSTRIDER_REDIS_URL: system.redisUrl };
  const shown = await run(["metrics", "--since", "15m", "--measure", "delivered,send_p95"], environment);
  expect(shown.stdout).toMatch(/each mark 1 min\n/);
  expect(shown.stdout).toMatch(/welcome +▁*[▂-█▁]+ +240 /);
  const json = await run(["metrics", "--by", "lane", "--name", "bulk", "--json"], environment);
  const { series, times } = JSON.parse(json.stdout);
  expect(series).toMatchObject([
    { measure: "ended", name: "bulk", isRest: false },
    { measure: "failed", name: "bulk", isRest: false },
  ]);
  expect(series[0].points).toHaveLength(times.length);
  const wrong = await run(["metrics", "--measure", "sent"], environment);
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"sent" is none; give some of ended'),
  });
});

test.each([
  [{ from: new Date(Date.now() + 3_600_000) }, "from"],
  [{ from: new Date("2026-01-01"), step: "1m" }, "from"],
  [{ by: "total", names: ["a"] }, "names"],
  [{ by: "run", actions: ["a"] }, "by"],
  [{ measures: ["sent"] }, "measure"],
  [{ by: "action", limit: 1_000, from: new Date(Date.now() - 86_000_000), step: "1m" }, "limit"],
])("refuses %j, naming the field", async (order, field) => {
  await using system = await startSystem();

  await expect(
    system.producer.metrics.series({ measures: ["ended"], ...order } as SeriesOrder),
  ).rejects.toMatchObject({ code: "metrics_invalid", problems: [{ field }] });
});

test("what is kept no more is not shown as nothing, and where nothing is counted that is said", async () => {
  await using system = await startSystem(undefined, { rollUpsMinutesKeptMs: 600_000 });
  const { series } = await system.producer.metrics.series({ measures: ["ended"], step: "1m" });
  expect(series[0]?.points.filter((point) => point === null).length).toBeGreaterThan(45);
  expect(series[0]?.points.at(-1)).toBe(0);

  await using off = await startSystem(undefined, { rollUpsMinutesKeptMs: 0 });
  await expect(off.producer.metrics.series({ measures: ["ended"] })).rejects.toMatchObject({
    code: "metrics_off",
  });
});

test("a Redis that is killed and started again costs no count; a killed worker takes with it what it had not told", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const binary = redisBinary();
  const durable = { binary, directory, port: await closedPort(), appendFsync: "always" } as const;
  const first = await startRedisServer(durable);
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: first.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const environment = { POSTRIDER_REDIS_URL: first.url, POSTRIDER_METRICS_PORT: "0", ...SHORT_CLAIMS };
  await using worker = startPostrider(["worker"], environment);
  const send = async (name: string) => {
    await eventually(() => producer.enqueueMany({ action: "a", customers: customers(50), run: name }));
    await eventually(async () => expect((await producer.runs.get(name)).delivered).toBe(50));
  };

  await send("one");
  await first.kill();
  const second = await startRedisServer(durable);
  await send("two");
  await eventually(async () => expect(await deliveredIn(producer)).toBe(100));

  await send("three");
  worker.kill("SIGKILL");
  await worker.exited;
  await using heir = startPostrider(["worker"], environment);
  await send("four");
  heir.kill("SIGTERM");
  await heir.exited;
  const counted = await deliveredIn(producer);
  expect(counted).toBeGreaterThanOrEqual(150);
  expect(counted).toBeLessThanOrEqual(200);

  await producer.close();
  await second.stop();
  await rm(directory, { recursive: true });
});
