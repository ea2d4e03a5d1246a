// Which slots the masters of a Cluster have at this moment.

import { Cluster } from "ioredis";
import type { SlotRanges } from "./cluster-slots.ts";
import type { Store } from "./shard.ts";

export interface ClusterSlots {
  readonly keyPrefix: string;
  readonly masters: readonly SlotRanges[];
}

/** Of the Cluster that the store is on; null where it is on none. @throws what Redis throws. */
export async function readClusterSlots({ redis, keys }: Store): Promise<ClusterSlots | null> {
  if (!(redis instanceof Cluster)) return null;
  const masters = new Map<string, [first: number, last: number][]>();
  for (const [first, last, master] of await redis.cluster("SLOTS")) {
    const name = `${master?.[0]}:${master?.[1]}`;
    masters.set(name, [...(masters.get(name) ?? []), [first, last]]);
  }
  return { keyPrefix: keys.keyPrefix, masters: [...masters.values()] };
}
