// Room in Redis. At maxmemory Redis refuses a worker's claims like a producer's deliveries, so nothing would
// ever make room again: producers stop a little earlier and leave the rest to those who empty the lanes.

import { PostriderError } from "@postrider/shared/errors";
import type { Shard } from "./shard.ts";

/** What claims, marks, attempts' evidence and connections need while a full Redis is emptied. */
const RESERVED_SHARE = 0.1;
const RESERVED_BYTES_MAX = 1_073_741_824;
/** At full speed some megabytes come in between two looks; a look costs Redis less than one delivery. */
const LOOK_MS = 100;

export interface Room {
  /** @throws `redis_full`; what Redis throws. */
  check(): Promise<void>;
}

export function createRoom(shard: Shard, now: () => number): Room {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isFull = false;
  return {
    async check() {
      if (isFull || now() - lookedAt >= LOOK_MS) {
        const memory = await shard.redis.info("memory");
        isFull = hasNoRoom(read(memory, "used_memory"), read(memory, "maxmemory"));
        lookedAt = now();
      }
      if (!isFull) return;
      throw new PostriderError(
        "redis_full",
        "Redis is nearly at maxmemory, and what is left is for the workers; wait until they have made room, or raise maxmemory",
      );
    },
  };
}

function hasNoRoom(usedBytes: number, maxBytes: number): boolean {
  // 0: without a limit.
  return maxBytes > 0 && maxBytes - usedBytes < Math.min(maxBytes * RESERVED_SHARE, RESERVED_BYTES_MAX);
}

function read(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
}
