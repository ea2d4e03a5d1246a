// Enqueueing a single delivery.

import type { Entrance } from "@postrider/redis/scripts/admit";
import type { Admission } from "@postrider/redis/scripts/take-in";
import { toActionRef } from "@postrider/shared/action-ref";
import { toCustomerPlace } from "@postrider/shared/customer-place";
import {
  type Customer,
  DELIVERY_BYTES_MAX,
  type Delivery,
  type EventData,
  homeOf,
  packDelivery,
  parseCustomer,
  parseValues,
  toDeliveryId,
  type Values,
} from "@postrider/shared/delivery";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import { toRetryPolicy } from "@postrider/shared/retry";
import type { Sealer } from "@postrider/shared/seal";
import { parseTraceparent, toTraceparent } from "@postrider/shared/tracing/trace-context";
import type { ActionStore } from "../actions/actions.ts";
import { getOpen } from "../actions/archived.ts";
import type { SavedAction } from "../actions/saved-versions.ts";
import type { Runs } from "../runs/runs.ts";
import { checkDeliveryOrder } from "./order.ts";
import { orThrow, type Way, type Ways } from "./ways.ts";

export interface DeliveryTimes {
  /** Not before this time. */
  readonly sendAt?: Date;
  /** No attempt after this time. */
  readonly expiresAt?: Date;
}

export interface DeliveryOrder extends DeliveryTimes {
  /** `id` for the latest version, or `id@version`. */
  readonly action: string;
  readonly customer: Customer;
  readonly event?: EventData;
  /** What else the templates see: `event_name`, `trigger`, `campaign` and the like. */
  readonly values?: Values;
  /** The same key again, while the delivery is pending or within the window after its end, is a duplicate. */
  readonly key?: string;
  readonly lane?: string;
  /** At most ten short texts, which its outcome carries. */
  readonly labels?: readonly string[];
  /**
   * W3C trace context of what asks for it, to which its own trace links (tracing.md); unless given, a span of
   * this enqueue, where the process has an OpenTelemetry.
   */
  readonly traceparent?: string;
}

export interface Enqueued {
  readonly id: string;
  readonly isDuplicate: boolean;
}

export type EnqueueOne = (order: DeliveryOrder) => Promise<Enqueued>;

export interface EnqueueDependencies {
  readonly ways: Ways;
  readonly actions: ActionStore;
  readonly runs: Runs;
  readonly backlogMax: number;
  /** Seals customers, events and values; null: they lie in Redis as they are. */
  readonly customerSealer: Sealer | null;
  /** Whether deliveries are found by their customer. */
  readonly isIndexed: boolean;
}

/**
 * @throws from the returned function: `customer_invalid`, `delivery_invalid`, `action_unknown`,
 * `action_archived`, `redis_unavailable`, `redis_full`.
 */
export function createEnqueue(dependencies: EnqueueDependencies): EnqueueOne {
  const { ways, actions } = dependencies;
  return async (order) => {
    checkDeliveryOrder(order);
    const [saved] = await Promise.all([getOpen(actions, order.action), ways.look()]);
    const admission = toAdmission(order, saved, dependencies);
    const { duplicates } = orThrow(await ways.take([admission], (way) => toEntrance(admission, saved, way)));
    return { id: admission.id, isDuplicate: duplicates > 0 };
  };
}

/** An order that was checked, as it enters its lane. @throws `customer_invalid`, `delivery_invalid`. */
export function toAdmission(
  order: DeliveryOrder,
  saved: SavedAction,
  admitting: Admitting & Pick<EnqueueDependencies, "ways">,
): Admission {
  const { customer, key, lane } = order;
  const times = toTimes(order);
  const frame = { action: toActionRef(saved), ...times, ...toHome(lane, false), ...toExtras(order) };
  const admitted = toAdmitted(customer, frame, admitting);
  const sendAt = times.sendAt && { sendAt: times.sendAt };
  return key === undefined
    ? { id: admitting.ways.freshId(), isFresh: true, ...admitted, ...sendAt }
    : { id: toDeliveryId({ key }), ...admitted, ...sendAt };
}

/** Where a single delivery enters, and with it all others of which action and home say the same. */
export function toEntrance({ delivery }: Admission, saved: SavedAction, { lanes, routing }: Way): Entrance {
  const ownLane = routing.toDestination(saved);
  const queue = lanes.queue(ownLane?.lane ?? homeOf(delivery));
  return { queue, ownLane, attempts: toRetryPolicy(saved.action.retry).attempts };
}

interface Extras {
  readonly event?: EventData | undefined;
  readonly values?: Values | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly traceparent?: string | undefined;
}

/** What an order adds to its deliveries. @throws `delivery_invalid`. */
export function toExtras({
  event,
  values,
  labels,
  traceparent,
}: Extras): Pick<Delivery, "event" | "values" | "labels" | "trace"> {
  return {
    ...(event && { event }),
    ...(values && { values: parseValues(values) }),
    ...(labels && labels.length > 0 && { labels }),
    ...(traceparent !== undefined && toTrace(traceparent)),
  };
}

/** What its deliveries' traces link to, where that is kept by whoever made it. */
function toTrace(traceparent: string): Pick<Delivery, "trace"> {
  const context = parseTraceparent(traceparent);
  return context?.isSampled === true ? { trace: toTraceparent(context) } : {};
}

/** The lane as a delivery carries it: only where it is not the usual one. */
export function toHome(lane: string | undefined, hasRun: boolean): { lane?: string } {
  return lane === undefined || lane === chooseLane(hasRun) ? {} : { lane };
}

/** The times of an order that was checked, in Unix ms. */
export function toTimes({ sendAt, expiresAt }: DeliveryTimes): { sendAt?: number; expiresAt?: number } {
  return {
    ...(sendAt && { sendAt: sendAt.getTime() }),
    ...(expiresAt && { expiresAt: expiresAt.getTime() }),
  };
}

/** What all deliveries of an order have in common. */
export type DeliveryFrame = Omit<Delivery, "v" | "customer">;

/** How customers lie in Redis. */
type Admitting = Pick<EnqueueDependencies, "customerSealer" | "isIndexed">;

/** A customer's delivery, and where the customer stands in the index. */
export type Admitted = Pick<Admission, "delivery" | "data" | "customerPlace">;

/** What is admitted of a customer. @throws `customer_invalid`. */
export function toAdmitted(
  customer: unknown,
  frame: DeliveryFrame,
  { customerSealer, isIndexed }: Admitting,
): Admitted {
  const parsed = parseCustomer(customer);
  if (!isIndexed) return pack(parsed, frame, customerSealer);
  const customerPlace = toCustomerPlace(parsed.id, customerSealer);
  // A worker that cannot open a delivery must be able to take it out of the index all the same.
  const placed = customerSealer === null ? frame : { ...frame, customerPlace };
  return { ...pack(parsed, placed, customerSealer), customerPlace };
}

function pack(
  customer: Customer,
  frame: DeliveryFrame,
  sealer: Sealer | null,
): Pick<Admission, "delivery" | "data"> {
  let done: ReturnType<typeof packDelivery>;
  try {
    done = packDelivery({ v: 1, ...frame, customer }, sealer);
  } catch (error) {
    throw new PostriderError(
      "customer_invalid",
      `the customer cannot be written as JSON: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const { packed, json, bytes } = done;
  if (bytes <= DELIVERY_BYTES_MAX) return { delivery: packed, data: json };
  throw invalidField(
    "customer_invalid",
    "customer",
    `with its event it has ${bytes} bytes of JSON; at most ${DELIVERY_BYTES_MAX} are taken`,
  );
}
