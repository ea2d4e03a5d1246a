// Whatever is killed, an event is told once, and delivered to each subscription under one key.

import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS } from "../support/fleet.ts";
import { LOOPBACK } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers, SOON } from "../support/system.ts";

const RUNS = 6;
const SIZE = 25;

test("workers and carriers killed under load: each run is completed once, and its receiver gets one key for it", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => slow(5, ok()));
  const producer = await createProducer({ redis: redisUrl });
  for (const [id, body] of [
    ["a", "{{ customer }}"],
    ["hook", "{{ event }}"],
  ] as const)
    await producer.actions.apply({ id, url: `${receiver.url}/${id}`, body, retry: SOON });
  await producer.subscriptions.set("ops", {
    action: "hook",
    events: ["run.completed"],
    outcomes: { action: "a" },
  });
  const environment = {
    ...LOOPBACK,
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_CONCURRENCY: "10",
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_API_PORT: "0",
    ...SHORT_CLAIMS,
  };
  const start = (role: "worker" | "api") => startPostrider([role], environment);
  await using _stays = start("worker");
  const begun = { worker: start("worker"), api: start("api") };
  const tidy = async () => {
    for (const one of Object.values(begun)) await one[Symbol.asyncDispose]();
  };
  await using _tidied = { [Symbol.asyncDispose]: tidy };
  const hooks = () => receiver.requests.filter(({ path }) => path === "/hook");

  for (let nth = 0; nth < RUNS; nth++) {
    await producer.enqueueMany({ action: "a", customers: customers(SIZE), run: `r${nth}` });
    if (nth !== 2) continue;
    // In the middle of it: some of what ended is on its way, and some is not.
    const before = hooks().length;
    await eventually(() => expect(hooks().length).toBeGreaterThan(before));
    for (const role of ["api", "worker"] as const) {
      begun[role].kill("SIGKILL");
      await begun[role].exited;
      begun[role] = start(role);
    }
  }

  const ids = (): string[] => hooks().map(({ body }) => (JSON.parse(body) as { id: string }).id);
  await eventually(() => expect(new Set(ids()).size).toBe(RUNS + RUNS * SIZE));
  const { events } = await producer.events.read({ limit: 1_000 });
  const completed = events.filter(({ type }) => type === "run.completed");
  expect(completed.map(({ id }) => id).sort()).toEqual(
    Array.from({ length: RUNS }, (_, nth) => `run.completed:r${nth}`).sort(),
  );
  const keys = new Map<string, Set<string>>();
  for (const { body, key } of hooks()) {
    const { id } = JSON.parse(body) as { id: string };
    keys.set(id, (keys.get(id) ?? new Set()).add(key));
  }
  expect([...keys.values()].every((ofOne) => ofOne.size === 1)).toBe(true);
  expect(new Set(hooks().map(({ key }) => key)).size).toBe(RUNS + RUNS * SIZE);
  await producer.close();
});
