// A chunk for an own lane in which nothing waits, at a Redis that takes nothing more: what notes the lane
// must not be what lets the chunk in.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createAdmit } from "@postrider/redis/scripts/admit";
import { createShard } from "@postrider/redis/shard";
import type { Queue } from "bullmq";
import { expect, test } from "vitest";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { redisBinary } from "../support/redis.ts";

test("a full Redis refuses a chunk into an own lane as a whole, and takes it in once there is room", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = openRedis(server.url, { maxRetriesPerRequest: null });
  try {
    const shard = createShard(redis, keyPrefix);
    const { keys } = shard;
    const admit = createAdmit(shard);
    const ownLane = {
      lane: "d.one",
      kind: "destination",
      of: "https://one.example.com",
      createdAt: 1,
    } as const;
    const entrance = { queue: { name: ownLane.lane } as Queue, ownLane, attempts: 12 };
    const delivery = { v: 1, action: "a@1", customer: { id: "c" } } as const;
    const toAdmission = (id: string) => ({
      id,
      delivery,
      data: JSON.stringify(delivery),
      sendAt: Date.now() + 3_600_000,
    });
    await admit([toAdmission("before")], entrance);

    await redis.config("SET", "maxmemory", "1mb");
    // Either the look at its memory says so, or Redis itself.
    await expect(admit([toAdmission("x"), toAdmission("y")], entrance)).rejects.toThrow(/maxmemory/);
    await redis.config("SET", "maxmemory", "0");
    const names = ["x", "y"].flatMap((id) => [keys.job(ownLane.lane, id), keys.outcome(id)]);
    expect(await redis.exists(...names)).toBe(0);
    expect(await redis.zcard(keys.ofLane(ownLane.lane, "delayed"))).toBe(1);

    expect(await admit([toAdmission("x"), toAdmission("y")], entrance)).toMatchObject({ enqueued: 2 });
    expect(await redis.hget(keys.totals(), "enqueued")).toBe("3");
  } finally {
    redis.disconnect();
    await server.stop();
  }
});
