import type { Action } from "@postrider/shared/action";
import { ownLaneName } from "@postrider/shared/lanes";
import { limitsOf } from "@postrider/shared/own-lane";
import { parseAction } from "@postrider/shared/parse-action";
import { dropSuperseded } from "@postrider/worker/maintain/dissolve";
import { expect, onTestFinished, test } from "vitest";
import { claimed, createView } from "../support/destinations.ts";
import { toShard, toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { customers, startSystem } from "../support/system.ts";

function action(limits?: Action["limits"]): Action {
  return parseAction({ id: "a", url: "https://x.example/", ...(limits && { limits }) });
}

test("a version's limits take the place of an older one's, also without any, and never those of a newer one", async () => {
  await using system = await startSystem();
  const { directory, destinations } = await createView(system.redisUrl);
  const origin = "https://x.example";
  const lane = ownLaneName("destination", origin);
  const limits = () => limitsOf(directory.get(lane) ?? expect.fail("no lane"));

  expect(
    await destinations.findLane(claimed("bulk", "a@1"), origin, action({ ratePerSecond: 5 })),
  ).toMatchObject({ lane });
  expect(limits()).toEqual({ ratePerSecond: 5 });

  // Already where it belongs: the change is taken up, and the delivery stays.
  expect(await destinations.findLane(claimed(lane, "a@2"), origin, action({ concurrency: 3 }))).toBeNull();
  expect(limits()).toEqual({ concurrency: 3 });
  expect(
    await destinations.findLane(claimed("run.r", "a@1"), origin, action({ ratePerSecond: 5 })),
  ).toMatchObject({ lane });
  expect(limits()).toEqual({ concurrency: 3 });

  // Nothing to wait for any more.
  expect(await destinations.findLane(claimed("run.r", "a@3"), origin, action())).toBeNull();
  expect(limits()).toEqual({});
  expect(await destinations.findLane(claimed("run.r", "a@2"), origin, action({ concurrency: 3 }))).toBeNull();
  expect(limits()).toEqual({});
});

test("limits that are changed or removed hold from the moment that the action is applied", async () => {
  await using system = await startSystem();
  await system.apply({ limits: { ratePerSecond: 5 } });
  await system.producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  const limits = async () => (await system.producer.destinations.show(system.receiver.url)).limits;
  expect(await limits()).toEqual({ ratePerSecond: 5 });

  await system.apply({ limits: { concurrency: 2 } });
  expect(await limits()).toEqual({ concurrency: 2 });

  await system.apply();
  expect(await limits()).toEqual({});
});

test("limits of a version that is not the latest stay while it is met at its destination, go afterwards, and come back with it", async () => {
  await using system = await startSystem();
  const { directory, destinations } = await createView(system.redisUrl);
  const redis = openRedis(system.redisUrl);
  onTestFinished(() => redis.disconnect());
  const origin = "https://old.example";
  const lane = ownLaneName("destination", origin);
  const limits = () => limitsOf(directory.get(lane) ?? expect.fail("no lane"));
  const meet = (version: string) =>
    destinations.findLane(claimed("bulk", version), origin, action({ ratePerSecond: 5 }));
  const unmetFor = (ms: number) =>
    directory.update(
      lane,
      (entry) =>
        entry && {
          ...entry,
          actionLimits: { a: { version: 1, ratePerSecond: 5, metAt: directory.now() - ms } },
        },
    );
  await system.apply({ url: `${origin}/x`, limits: { ratePerSecond: 5 } });
  await meet("a@1");

  // The latest one stays, however rarely it sends.
  await unmetFor(86_400_000);
  await dropSuperseded(toShard(redis), toStore(redis), directory);
  expect(limits()).toEqual({ ratePerSecond: 5 });

  await system.apply({ url: "https://new.example/x", limits: { ratePerSecond: 5 } });
  // Noted as met, so that it is kept.
  await meet("a@1");
  await dropSuperseded(toShard(redis), toStore(redis), directory);
  expect(limits()).toEqual({ ratePerSecond: 5 });

  await unmetFor(3_600_000);
  await dropSuperseded(toShard(redis), toStore(redis), directory);
  expect(limits()).toEqual({});

  expect(await meet("a@1")).toMatchObject({ lane });
  expect(limits()).toEqual({ ratePerSecond: 5 });
});
