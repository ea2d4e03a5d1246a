// Single deliveries, and those of a customer, through the API.

import type { Attempt, Operations } from "@postrider/client/generated";
import { parseDeliveryFilter } from "@postrider/producer/by-filter/list";
import type { ListedDelivery } from "@postrider/producer/by-filter/source";
import type { CustomerDelivery } from "@postrider/producer/deliveries/customer-deliveries";
import type { DeliveryShown } from "@postrider/producer/deliveries/deliveries";
import type { Service } from "../service.ts";
import { createRemoteCancel } from "./cancel.ts";
import { toDestination } from "./destinations.ts";
import { toQuery } from "./filters.ts";
import { toOutcome } from "./outcomes.ts";
import { toMs, toMsOrNull } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteDeliveries(remote: Remote): Service["deliveries"] {
  const { call } = remote;
  return {
    async list({ limit, after, isShown: _, withHome: __, ...filter } = {}) {
      parseDeliveryFilter(filter);
      const told = await call("listDeliveries", { query: { ...toQuery(filter), limit, after } });
      return { deliveries: told.deliveries.map(toListed), looked: told.looked, after: told.after };
    },
    ...createRemoteCancel(remote),
    show: async (id) => toShown(await call("getDelivery", { params: { id } })),
    cancel: async (id) => void (await call("cancelDelivery", { params: { id } })),
    async changeTimes(id, { sendAt, expiresAt }) {
      const body = {
        ...(sendAt !== undefined && { sendAt: toText(sendAt) }),
        ...(expiresAt !== undefined && { expiresAt: toText(expiresAt) }),
      };
      await call("changeDelivery", { params: { id }, body });
    },
  };
}

function toText(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}

/** In the order of a producer's own. */
function toShown(told: Operations["getDelivery"]["reply"]): DeliveryShown {
  const { id, state, lane, home, outcome, action, customerId, enqueuedAt, dueAt, expiresAt, ...rest } = told;
  const { idempotencyKey, run, destination, attempts, next } = rest;
  const shown = {
    ...{ id, state, lane, home },
    outcome: outcome === null ? null : { ...outcome, endedAt: toMs(outcome.endedAt) },
    ...{ action, customerId },
    enqueuedAt: toMsOrNull(enqueuedAt),
    dueAt: toMsOrNull(dueAt),
    expiresAt: toMsOrNull(expiresAt),
    ...{ idempotencyKey, run },
    destination: destination === null ? null : toDestination(destination),
    attempts: attempts.map(toAttempt),
    next: { what: next.what, at: toMsOrNull(next.at), message: next.message },
  };
  return shown as unknown as DeliveryShown;
}

export function toAttempt<T>(attempt: Attempt): T {
  return { ...attempt, at: toMs(attempt.at) } as unknown as T;
}

type ListedTold = Operations["listDeliveries"]["reply"]["deliveries"][number];

function toListed(told: ListedTold): ListedDelivery {
  const { id, state, lane, home, action, customerId, run, labels, enqueuedAt, dueAt, outcome } = told;
  return {
    ...{ id, state, lane, home, action, customerId, run, labels },
    enqueuedAt: toMsOrNull(enqueuedAt),
    dueAt: toMsOrNull(dueAt),
    outcome: outcome === null ? null : { ...outcome, endedAt: toMs(outcome.endedAt) },
  };
}

export function createRemoteCustomers({ call }: Remote): Service["customers"] {
  return {
    async deliveries(id, limit) {
      const told = await call("listCustomerDeliveries", { params: { id: String(id) }, query: { limit } });
      return told.deliveries.map(toCustomerDelivery);
    },
  };
}

type CustomerDeliveryTold = Operations["listCustomerDeliveries"]["reply"]["deliveries"][number];

function toCustomerDelivery(told: CustomerDeliveryTold): CustomerDelivery {
  const { id, state, lane, home, customerId, action, run, labels, enqueuedAt, dueAt, outcome } = told;
  return {
    ...{ id, state, lane, home, customerId, action, run, labels },
    enqueuedAt: toMsOrNull(enqueuedAt),
    dueAt: toMsOrNull(dueAt),
    outcome: outcome === null ? null : toOutcome(outcome),
  };
}
