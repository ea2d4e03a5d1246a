import { ownLaneName } from "@postrider/shared/lanes";
import { createFailureWindow } from "@postrider/worker/destinations/failure-window";
import { newDestinationLane } from "@postrider/worker/destinations/next-entry";
import { expect, onTestFinished, test } from "vitest";
import { ACCEPTED, createView, FAILED } from "../support/destinations.ts";
import { eventually } from "../support/eventually.ts";
import { toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { findKeys } from "../support/redis-keys.ts";

test("more destinations in trouble than one report holds all get their circuits, however long the first ones stay in trouble", async () => {
  const { destinations, directory, meet } = await createView(await isolatedRedisUrl());
  const origins = Array.from({ length: 250 }, (_, index) => `https://x${index}.example`);
  const open = () =>
    origins.filter((origin) => directory.get(ownLaneName("destination", origin))?.circuit?.state === "open");
  for (const origin of origins) meet(origin, 20, FAILED);

  await eventually(async () => {
    await destinations.report();
    expect(open()).toHaveLength(250);
  });
});

test("a few failures after many successes, of this worker or of others, open no circuit; a share that holds does", async () => {
  const url = await isolatedRedisUrl();
  const [one, other] = [await createView(url), await createView(url)];
  const circuitOf = (origin: string) => one.directory.get(ownLaneName("destination", origin))?.circuit;
  const reportUntil = (condition: () => void) =>
    eventually(async () => {
      await one.destinations.report();
      await other.destinations.report();
      await one.directory.refresh();
      condition();
    });
  const [own, others, broken] = ["https://own.example", "https://others.example", "https://broken.example"];
  one.meet(own, 600, ACCEPTED);
  other.meet(others, 600, ACCEPTED);
  await one.destinations.report();
  await other.destinations.report();
  one.meet(own, 20, FAILED);
  one.meet(others, 20, FAILED);
  other.meet(broken, 10, ACCEPTED);
  one.meet(broken, 20, FAILED);

  await reportUntil(() => expect(circuitOf(broken)).toMatchObject({ state: "open" }));
  // They were reported with it, and what was to be judged has been.
  expect([circuitOf(own), circuitOf(others)]).toEqual([undefined, undefined]);

  one.meet(others, 600, FAILED);
  await reportUntil(() => expect(circuitOf(others)).toMatchObject({ state: "open" }));
  expect(circuitOf(own)).toBeUndefined();
});

test("healthy destinations are not counted in Redis", async () => {
  const url = await isolatedRedisUrl();
  const { destinations, meet } = await createView(url);
  meet("https://x.example", 100, ACCEPTED);
  await destinations.report();

  const redis = openRedis(url);
  onTestFinished(() => redis.disconnect());
  expect(await findKeys(redis, ":failures:*")).toEqual([]);
});

test("the answer of a first probe survives a worker whose look at the registry is older", async () => {
  const url = await isolatedRedisUrl();
  const { directory } = await createView(url);
  const redis = openRedis(url);
  onTestFinished(() => redis.disconnect());
  const failures = createFailureWindow(toShard(redis), 60_000);
  const entry = newDestinationLane("https://x.example", 0);
  const second = Math.floor(Date.now() / 1_000);
  const probe = new Map([[second, { accepted: 1, failed: 0, limited: 0 }]]);

  await directory.update(entry.lane, () => ({
    ...entry,
    circuit: { state: "half-open", since: 0, pauseMs: 1 },
  }));
  await failures.count(entry.lane, probe);
  await failures.forget(entry.lane);
  expect((await failures.count(entry.lane, new Map())).counts.get(second)?.accepted).toBe(1);

  await directory.update(entry.lane, () => entry);
  await failures.forget(entry.lane);
  expect((await failures.count(entry.lane, new Map())).counts.size).toBe(0);
});
