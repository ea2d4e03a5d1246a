// What arrived in the request bin: the latest requests of all actions that have it as their address. Bounded
// in number and in time, and sealed wherever there is a key, since customers' data are in it.

import type { Kept } from "@postrider/shared/bin-arrived";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import type { Sealer } from "@postrider/shared/seal";
import { asProducer } from "./connect.ts";
import { readReplies } from "./replies.ts";
import type { Store } from "./shard.ts";

/** Some 20 KB each at most. */
const ARRIVALS_MAX = 100;
const KEPT_MS = 3_600_000;
const PLACE = "request-bin";

export interface BinArrivals {
  keep(kept: Kept): Promise<void>;
  /** The latest first; those that cannot be opened here are left out. */
  latest(): Promise<readonly Kept[]>;
}

export function createBinArrivals({ redis, keys }: Store, sealer: Sealer): BinArrivals {
  const key = keys.bin();
  return {
    async keep(kept) {
      const text = stringifyExact(kept);
      const packed = sealer.canSeal ? sealer.seal(text, PLACE) : text;
      const writing = redis
        .multi()
        .lpush(key, packed)
        .ltrim(key, 0, ARRIVALS_MAX - 1);
      readReplies(await writing.pexpire(key, KEPT_MS).exec());
    },
    async latest() {
      const packed = await asProducer(() => redis.lrange(key, 0, -1));
      return packed.flatMap((one) => {
        const opened = one.startsWith("{") ? { text: one } : sealer.open(one, PLACE);
        return "text" in opened ? [parseExact(opened.text) as Kept] : [];
      });
    },
  };
}
