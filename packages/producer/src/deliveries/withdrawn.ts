// What is written down of a delivery that somebody ends while it waits.

import type { Entry } from "@postrider/redis/scripts/record-attempt";
import { placeOfDelivery } from "@postrider/shared/customer-place";
import type { Delivery } from "@postrider/shared/delivery";
import type { Outcome } from "@postrider/shared/outcome";
import { toTold } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import { openDelivery } from "./stored-delivery.ts";

/** A delivery that waits, as far as its end needs to know it. */
export interface Withdrawable {
  readonly id: string;
  readonly lane: string;
  readonly delivery: Delivery;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number;
  readonly attemptsMade: number;
}

/** @param now Unix ms. */
export function toWithdrawn(waiting: Withdrawable, sealer: Sealer, now: number): Entry {
  const { id, lane, delivery, enqueuedAt, attemptsMade } = waiting;
  const outcome: Outcome = {
    outcome: "cancelled",
    reason: "withdrawn",
    status: null,
    attempts: attemptsMade,
    endedAt: now,
  };
  const latencyMs = now - (delivery.sendAt ?? enqueuedAt);
  const customerId = delivery.sealed === undefined ? undefined : openDelivery(delivery, sealer).customer.id;
  const ended = { id, delivery, outcome, latencyMs, sendMs: 0, captured: undefined };
  return {
    claimed: { id, lane, token: "", delivery },
    record: null,
    outcome,
    told: toTold({ ...ended, customerId: customerId === "" ? undefined : customerId }, sealer),
    customerPlace: placeOfDelivery(delivery),
    isRetry: false,
  };
}
