// The ledger's count held against what lies in the lanes: what is missing was lost, what is too much was
// taken in or ended behind the ledger's back.

import {
  countLanes,
  holdsDeliveries,
  NOTHING_THERE,
  readBalance,
  readSharedLanes,
} from "@postrider/redis/counts";
import { readServedLanes } from "@postrider/redis/heartbeat";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";

export interface Imbalance {
  /** Deliveries that were accepted, have not ended and lie in no lane. */
  readonly lost: number;
  /** Deliveries that wait although the ledger says that nothing is left of them. */
  readonly surplus: number;
}

/**
 * What is missing or too much. A delivery in flight that has ended is not settled yet; it may lie there for a
 * moment more, so it is taken for neither.
 */
export function weigh(open: number, waiting: number, claimed: number): Imbalance {
  return { lost: Math.max(0, open - waiting - claimed), surplus: Math.max(0, waiting - Math.max(0, open)) };
}

/** All deliveries of the shard. */
export async function weighAll(shard: Shard, directory: LaneDirectory): Promise<Imbalance> {
  const lanes = [...(await readSharedLanes(shard)), ...directory.all().map(({ lane }) => lane)];
  const { enqueued, ended, waiting, claimed } = await readBalance(shard, lanes);
  return weigh(enqueued - ended, waiting, claimed);
}

/** The shared lanes that hold deliveries and that no worker serves. */
export async function findUnservedLanes(shard: Shard): Promise<string[]> {
  const [lanes, served] = await Promise.all([readSharedLanes(shard), readServedLanes(shard)]);
  const unserved = lanes.filter((lane) => !served.includes(lane));
  return (await findWithDeliveries(shard, unserved)).sort();
}

/** Those of the lanes in which deliveries lie, or are claimed from. */
export async function findWithDeliveries(shard: Shard, lanes: readonly string[]): Promise<string[]> {
  const counts = await countLanes(shard, lanes);
  return lanes.filter((lane) => holdsDeliveries(counts.get(lane) ?? NOTHING_THERE));
}
