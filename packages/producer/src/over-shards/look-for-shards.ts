// A producer knows of shards that come, go, or answer again, also where it only reads: what lies in a shard
// of which it has not heard would be missing without anybody's knowing.

import { type OpenShards, SHARDS_LOOK_MS } from "@postrider/redis/open-shards";
import { KNOWN_TO_ALL_MS } from "@postrider/redis/shard-map";
import { within } from "@postrider/redis/within";

/** What the store says is waited for no longer. */
const WAIT_MS_MAX = 1_000;

export interface ShardsLook {
  /**
   * Resolves at once, unless the last look is so old that others may know more: then after the next one, or
   * soon. A store that is away stops nobody: what was known goes on.
   */
  untilKnown(): Promise<void>;
  close(): void;
}

/** Looks every second which shards there are. It keeps no process alive. @param now Unix ms. */
export function lookForShards(shards: Pick<OpenShards, "refresh">, now: () => number): ShardsLook {
  let lookedAt = now();
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    const startedAt = now();
    try {
      await shards.refresh();
      lookedAt = startedAt;
    } catch {
      // The next one tries again.
    } finally {
      looking = null;
    }
  };
  const begin = (): Promise<void> => (looking ??= look());
  const timer = setInterval(() => void begin(), SHARDS_LOOK_MS).unref();
  return {
    async untilKnown() {
      if (now() - lookedAt > KNOWN_TO_ALL_MS / 2) await within(WAIT_MS_MAX, begin());
    },
    close: () => clearInterval(timer),
  };
}
