import { expect, onTestFinished, test } from "vitest";
import { ownKeys } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { ok, reply } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";
import { describeLeftovers, readLeftovers } from "./leftovers.ts";

const FAILING = 10;

test("what is left in Redis of deliveries that have ended is known by kind, and either goes by itself or is bounded", async () => {
  // The first answers are refusals, so that retries and dead letters have been there, too.
  let answered = 0;
  await using system = await startSystem(() => (answered++ < FAILING ? reply(500) : ok()));
  const redis = openRedis(await isolatedRedisUrl());
  onTestFinished(() => redis.disconnect());
  await system.startWorker({ POSTRIDER_OUTCOMES_KEPT: "100" });
  const action = await system.apply();
  const deliver = async (run: string, count: number) => {
    await system.producer.enqueueMany({
      action,
      customers: customers(count).map(({ id, ...rest }) => ({ ...rest, id: `${run}-${id}` })),
      run,
    });
    await system.untilEnded(run);
  };

  await deliver("few", 200);
  const few = await readLeftovers(redis, ownKeys());
  await deliver("many", 1_400);
  const many = await readLeftovers(redis, ownKeys());

  expect(many.unknown, describeLeftovers(many)).toEqual([]);
  expect(many.staying, describeLeftovers(many)).toEqual([]);
  const stayingKeys = ({ kinds }: typeof few) =>
    kinds.reduce((sum, { keys, going }) => sum + keys - going, 0);
  // A run of more than a thousand has had a lane of its own: nothing stays of it but its place in the
  // registry.
  expect(stayingKeys(many) - stayingKeys(few), describeLeftovers(many)).toBeLessThan(20);
});
