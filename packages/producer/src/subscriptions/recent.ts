// What became of the latest deliveries that a subscription made: read from the index of customers, where each
// stands under the subscription's id.

import { isCarried } from "@postrider/shared/carried-id";
import type { Reason } from "@postrider/shared/outcome";
import type { CustomerDelivery, FindOfCustomer } from "../deliveries/customer-deliveries.ts";

/** The latest deliveries of a subscription, as many as are looked at. */
export interface RecentDeliveries {
  readonly delivered: number;
  /** Failed, expired or cancelled. */
  readonly failed: number;
  /** Not ended: waiting, put off, or being sent. */
  readonly open: number;
  /** The one of the failed that ended last. */
  readonly lastFailure: {
    readonly delivery: string;
    readonly reason: Reason;
    readonly status: number | null;
    /** Unix ms. */
    readonly at: number;
  } | null;
}

const LOOKED_AT = 50;

/**
 * @param find null: no index is kept. @returns null where no index is kept.
 * @throws `redis_unavailable`.
 */
export async function findRecent(find: FindOfCustomer | null, id: string): Promise<RecentDeliveries | null> {
  if (find === null) return null;
  const all = (await find(id, LOOKED_AT)).filter((one) => isCarried(one.id));
  const ended = all.flatMap((one) => (one.outcome === null ? [] : [{ ...one, outcome: one.outcome }]));
  const failed = ended.filter(({ outcome }) => outcome.outcome !== "delivered");
  return {
    delivered: ended.length - failed.length,
    failed: failed.length,
    open: all.length - ended.length,
    lastFailure: toLastFailure(failed),
  };
}

type Ended = CustomerDelivery & { readonly outcome: NonNullable<CustomerDelivery["outcome"]> };

function toLastFailure(failed: readonly Ended[]): RecentDeliveries["lastFailure"] {
  const [last] = [...failed].sort((one, other) => other.outcome.endedAt - one.outcome.endedAt);
  if (last === undefined) return null;
  const { reason, status, endedAt } = last.outcome;
  return { delivery: last.id, reason, status, at: endedAt };
}
