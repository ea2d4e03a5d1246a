// What a new shard takes over in two looks, and what it leaves as others have switched it in between.

import { type Adopted, adoptSwitches } from "@postrider/producer/shards/adopt-switches";
import { createLaneDirectory, type LaneDirectory } from "@postrider/redis/lane-directory";
import { createShard } from "@postrider/redis/shard";
import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const toEntry = (lane: string, switches: Partial<OwnLane>): OwnLane => ({
  lane,
  kind: "destination",
  of: `https://${lane}.example.com`,
  createdAt: 1,
  ...switches,
});

async function put(directory: LaneDirectory, lane: string, switches: Partial<OwnLane>): Promise<void> {
  await directory.update(lane, () => toEntry(lane, switches), null);
}

test("what changes in the old shard alone follows, and what is switched in the new one stays", async () => {
  const redis = openRedis(await isolatedRedisUrl(), { maxRetriesPerRequest: null });
  try {
    const open = (name: string) => createLaneDirectory(createShard(redis, keyPrefix, name));
    const [old, fresh, others] = [open("0"), open("1"), open("1")];
    const adopted: Adopted = new Map();
    await put(old, "resumed", { isPaused: true });
    await put(old, "kept", { limits: { concurrency: 3 } });
    await put(old, "both", { isPaused: true });
    await put(old, "free", {});
    await put(fresh, "there", { isPaused: true });
    await put(old, "there", { limits: { concurrency: 1 } });
    await adoptSwitches(old, fresh, adopted);
    expect(fresh.get("resumed")).toMatchObject({ isPaused: true });
    expect(fresh.get("kept")).toMatchObject({ limits: { concurrency: 3 } });
    expect(fresh.get("free")).toBeUndefined();
    expect(fresh.get("there")).toEqual(toEntry("there", { isPaused: true }));

    // By processes that do not know of the new shard yet, and by others that do.
    await put(old, "resumed", {});
    await put(old, "late", { isPaused: true });
    await put(old, "both", {});
    await put(others, "both", { isPaused: true, limits: { concurrency: 9 } });
    await put(others, "kept", {});
    await put(others, "only", { isHeld: true });
    await adoptSwitches(old, fresh, adopted);
    expect(fresh.get("resumed")).toEqual(toEntry("resumed", {}));
    expect(fresh.get("late")).toMatchObject({ isPaused: true });
    expect(fresh.get("both")).toMatchObject({ isPaused: true, limits: { concurrency: 9 } });
    expect(fresh.get("kept")).toEqual(toEntry("kept", {}));
    expect(fresh.get("only")).toMatchObject({ isHeld: true });
  } finally {
    redis.disconnect();
  }
});
