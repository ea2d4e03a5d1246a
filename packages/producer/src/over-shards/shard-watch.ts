// Which shards are away, as this process has found out: one that has failed is passed over until it answers
// again, so that a server that says nothing costs one command's time, not one for each call.

import type { Shard } from "@postrider/redis/shard";

export interface ShardWatch {
  /** Whether a shard answers, as far as is known without asking. */
  isUp(shard: Shard): boolean;
  /** A command of it has failed for want of an answer: it is asked in the background until there is one. */
  failed(shard: Shard): void;
  close(): void;
}

const ASK_AGAIN_MS = 500;

export function createShardWatch(): ShardWatch {
  const away = new Map<Shard, NodeJS.Timeout | null>();
  let isClosed = false;
  const askLater = (shard: Shard): void => {
    if (isClosed) return;
    const timer = setTimeout(() => void ask(shard), ASK_AGAIN_MS);
    timer.unref();
    away.set(shard, timer);
  };
  const ask = async (shard: Shard): Promise<void> => {
    try {
      await shard.redis.ping();
      away.delete(shard);
    } catch {
      askLater(shard);
    }
  };
  return {
    isUp: (shard) => shard.redis.status === "ready" && !away.has(shard),
    failed(shard) {
      if (isClosed || away.has(shard)) return;
      away.set(shard, null);
      // At once: what failed may have been something that the work asked of another shard, or of the store.
      void ask(shard);
    },
    close() {
      isClosed = true;
      for (const timer of away.values()) if (timer !== null) clearTimeout(timer);
    },
  };
}
