// What a person sets for a destination stands above what actions say, and ends by itself.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { customers, startSystem } from "../support/system.ts";

test("an operator's limit stands above an action's, field by field, for a time or for good", async () => {
  await using system = await startSystem();
  const { destinations } = system.producer;
  const origin = system.receiver.url;
  await system.apply({ limits: { ratePerSecond: 5, concurrency: 3 } });
  const show = () => destinations.show(origin);
  const ofAction = { by: "a@1", until: null };
  expect(await show()).toMatchObject({
    limits: { ratePerSecond: 5, concurrency: 3 },
    limitSources: { ratePerSecond: ofAction, concurrency: ofAction },
  });

  await destinations.limit(origin, { ratePerSecond: 50 });
  await destinations.limit(origin, { ratePerSecond: 1 }, { forMs: 3_600_000 });
  const limited = await show();
  expect(limited.limits).toEqual({ ratePerSecond: 1, concurrency: 3 });
  expect(limited.limitSources).toEqual({
    ratePerSecond: { by: "operator", until: expect.any(Number) },
    concurrency: ofAction,
  });
  expect(await destinations.configured()).toEqual([{ origin, limits: { ratePerSecond: 50 } }]);

  // What is configured changes beneath the limit for a time.
  await destinations.configure(origin, { ratePerSecond: 20 });
  expect((await show()).limits).toEqual({ ratePerSecond: 1, concurrency: 3 });

  await destinations.limit(origin, null);
  expect((await show()).limitSources).toEqual({ ratePerSecond: ofAction, concurrency: ofAction });
});

test("a limit and a pause for a time end with it, whoever sees it, and what waited flows", async () => {
  await using system = await startSystem();
  const { destinations, enqueueMany } = system.producer;
  const origin = system.receiver.url;
  await system.apply({ limits: { concurrency: 3 } });
  await destinations.limit(origin, { ratePerSecond: 0.001 }, { forMs: 6_000 });
  await destinations.pause(origin, { forMs: 5_000 });
  await enqueueMany({ action: "a", customers: customers(20), run: "r" });
  const { isPaused, pausedUntil, limitSources } = await destinations.show(origin);
  expect({ isPaused, hasEnd: pausedUntil !== null, limitSources }).toMatchObject({
    isPaused: true,
    hasEnd: true,
    limitSources: { ratePerSecond: { by: "operator" } },
  });

  // Nobody works: those who look see no more of it all the same.
  await eventually(async () =>
    expect(await destinations.show(origin)).toMatchObject({ isPaused: false, pausedUntil: null }),
  );
  await system.startWorker();
  await system.untilEnded("r");
  expect(await destinations.show(origin)).toMatchObject({
    limits: { concurrency: 3 },
    limitSources: { concurrency: { by: "a@1" } },
  });
  expect(system.receiver.requests).toHaveLength(20);
});
