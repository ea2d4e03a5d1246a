// Filters of deliveries and dead letters, as queries and as the orders of tasks. Pure.

import type { Operations } from "@postrider/client/generated";
import { type DeliveryFilter, isEmptyFilter, toFilterDocument } from "@postrider/shared/delivery-filter";

export function toQuery(filter: DeliveryFilter) {
  const { customer, ...rest } = toFilterDocument(filter);
  return { ...rest, customer: customer === undefined ? undefined : String(customer) };
}

/** What a filter means, said so where that is everything. */
export function toOrder(filter: DeliveryFilter) {
  return isEmptyFilter(filter) ? { all: true as const } : { filter: toFilterDocument(filter) };
}

export function toTaskId(task: Operations["beginTask"]["reply"]): string {
  return "id" in task ? task.id : "";
}
