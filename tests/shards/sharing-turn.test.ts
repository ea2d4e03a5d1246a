import { readShares, shareOut, takeSharing, tellDemand } from "@postrider/redis/rate-shares";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { toStore } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const SHARDS = ["0", "1"];
const LANE = "destination.d";

test("whoever stands still over sharing a rate out is not heard once its turn is over", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  const store = toStore(redis);
  const tellAll = async (...waiting: number[]): Promise<void> => {
    for (const [index, shard] of SHARDS.entries())
      await tellDemand(store, shard, () => Promise.resolve({ demand: { [LANE]: waiting[index] ?? 0 } }));
  };
  await tellAll(1_000, 0);
  const late = await eventually(async () => {
    const turn = await takeSharing(store, SHARDS, 1_000);
    if (turn === null) throw new Error("it is nobody's turn yet");
    return turn;
  });
  // It is one process's turn at a time.
  expect(await takeSharing(store, SHARDS, 1_000)).toBeNull();

  await eventually(async () => expect(await redis.exists(store.keys.rateSharesTurn())).toBe(0));
  await tellAll(0, 1_000);
  await shareOut(store, SHARDS, 60_000);
  const said = await readShares(store);
  expect(said.lanes[LANE]?.sizes).toMatchObject({ "0": 1 });
  expect(await late.say()).toBe(false);
  expect(await readShares(store)).toEqual(said);
  redis.disconnect();
});
