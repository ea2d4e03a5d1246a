// Changes the number of open shards while all goes on.

import { PostriderError } from "@postrider/shared/errors";
import { asProducer } from "./connect.ts";
import { readClusterSlots } from "./read-slots.ts";
import type { Store } from "./shard.ts";
import { planShards, readShardMap, type ShardMap } from "./shard-map.ts";

/**
 * Saves the map unless another one was saved meanwhile.
 * Input: KEYS shards; ARGV what stood there ("" = nothing), what shall stand there. Output: 1 when saved.
 */
const SAVE = `
if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
return 1
`;
const TRIES = 10;

/**
 * All processes know of it within seconds, and go by it from the same moment on. What lies in a shard that is
 * open no more is served there until it has ended.
 * @param servers how many servers there are. @param now Unix ms.
 * @returns the map as it stands then. @throws as a producer's work does.
 */
export async function setShards(
  store: Store,
  { count, servers, now }: { readonly count: number; readonly servers: number; readonly now: () => number },
): Promise<ShardMap> {
  return change(store, async (map) => {
    if (map.shards.filter(({ state }) => state === "open").length === count) return map;
    const slots = servers === 1 ? await readClusterSlots(store) : null;
    return planShards(map, { count, servers, slots, now: now() });
  });
}

/**
 * Takes a shard that drains out of the map: nobody serves it, or looks there, any more. Whoever calls it has
 * made sure that nothing is left there. @returns the map as it stands then. @throws as a producer's work
 * does.
 */
export function removeShard(store: Store, name: string): Promise<ShardMap> {
  return change(store, (map) => {
    const shards = map.shards.filter((shard) => shard.name !== name || shard.state !== "draining");
    return Promise.resolve(
      shards.length === map.shards.length ? map : { ...map, version: map.version + 1, shards },
    );
  });
}

/** @param next the map after the change; the same one where nothing changes. */
async function change(store: Store, next: (map: ShardMap) => Promise<ShardMap>): Promise<ShardMap> {
  const { redis, keys } = store;
  return asProducer(async () => {
    for (let tries = 1; tries <= TRIES; tries++) {
      const text = (await redis.get(keys.shards())) ?? "";
      const map = await readShardMap(store);
      const changed = await next(map);
      if (changed === map) return map;
      if ((await redis.eval(SAVE, 1, keys.shards(), text, JSON.stringify(changed))) === 1) return changed;
    }
    throw new PostriderError(
      "redis_unavailable",
      "the shards are being changed by others all the time; try again",
    );
  });
}
