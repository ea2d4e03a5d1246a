// A subscription as it is kept, and the events that it delivers.

import { isCarried } from "@postrider/shared/carried-id";
import type { EventType, OperatorEvent } from "@postrider/shared/operator-event";
import type { OutcomeKind } from "@postrider/shared/outcome";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import { meansOutcome, type OutcomeFilter, type SubscriptionDocument } from "@postrider/shared/subscription";

/** Where one of its two streams is read. */
export interface StoredReader {
  /** Made anew for each subscription, so that no other one of the same id goes on where this one was. */
  readonly name: string;
  /** The ids in the shards' streams behind which it begins, as redis/stored-subscriptions.ts writes them. */
  readonly from: string;
}

export interface StoredSubscription extends SubscriptionDocument {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly readers: { readonly events?: StoredReader; readonly outcomes?: StoredReader };
}

/** What templates see as `event`: the payload of Standard Webhooks, and its id. */
export type Carried = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly type: EventType | `outcome.${OutcomeKind}`;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export function toCarried({ id, type, timestamp, data }: OperatorEvent): Carried {
  return { id, type, timestamp: new Date(timestamp).toISOString(), data };
}

/** @param place its id in the stream, since a delivery that is replayed has several outcomes. */
export function toCarriedOutcome(outcome: DeliveryOutcome, place: string): Carried {
  const timestamp = new Date(outcome.endedAt).toISOString();
  const type = `outcome.${outcome.outcome}` as const;
  const data = { ...outcome, endedAt: timestamp };
  return { id: `${type}:${outcome.id}:${place}`, type, timestamp, data };
}

/** What subscriptions themselves use: nothing is delivered about it, or it could bring about itself. */
export interface OwnParts {
  /** Ids of their actions. */
  readonly actions: ReadonlySet<string>;
  /** Origins that their actions send to. */
  readonly destinations: ReadonlySet<string>;
}

export function deliversEvent(
  types: readonly EventType[],
  { type, data }: OperatorEvent,
  own: OwnParts,
): boolean {
  if (!types.includes(type)) return false;
  if ("destination" in data) return !own.destinations.has(data.destination);
  const isOfAction = type === "action.failing" || type === "action.recovered";
  return !isOfAction || !("action" in data) || !own.actions.has(data.action ?? "");
}

export function deliversOutcome(filter: OutcomeFilter, outcome: DeliveryOutcome): boolean {
  return !isCarried(outcome.id) && meansOutcome(filter, outcome);
}
