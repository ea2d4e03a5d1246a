// The shards of an installation, and which of them a delivery enters.

import type { Shard } from "./shard.ts";

export interface Shards {
  /** At least one, always in the same order. */
  readonly all: readonly Shard[];
  /** Where a new delivery of this id enters. */
  home(deliveryId: string): Shard;
}

/** All deliveries in one place. */
export function createOneShard(shard: Shard): Shards {
  return { all: [shard], home: () => shard };
}
