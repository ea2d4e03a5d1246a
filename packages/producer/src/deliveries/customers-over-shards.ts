// A customer's deliveries over several shards, as one list.

import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { CustomerDelivery, FindOfCustomer } from "./customer-deliveries.ts";

interface WithCustomers extends ShardPart {
  readonly findOfCustomer: FindOfCustomer;
}

/** @returns what finds those that are open first, then the latest of what has ended. */
export function findOfCustomerOver(over: OverShards<WithCustomers>): FindOfCustomer {
  return async (customer, limit) => {
    const found = await over.ask(({ findOfCustomer }) => findOfCustomer(customer, limit));
    const [only, ...others] = found;
    if (only !== undefined && others.length === 0) return only;
    return found
      .flat()
      .sort((one, other) => timeOf(other) - timeOf(one))
      .slice(0, limit);
  };
}

/** Those that are open are later than all that has ended. */
function timeOf({ outcome, enqueuedAt }: CustomerDelivery): number {
  return outcome?.endedAt ?? OPEN + (enqueuedAt ?? 0);
}

/** Beyond any Unix ms of a delivery. */
const OPEN = 1e15;
