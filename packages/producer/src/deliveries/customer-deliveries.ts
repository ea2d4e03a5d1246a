// What happened to this customer: their latest deliveries, over all actions, waiting or ended.

import { asProducer } from "@postrider/redis/connect";
import type { CustomerIndex } from "@postrider/redis/customer-index";
import type { Shard } from "@postrider/redis/shard";
import { toCustomerPlace } from "@postrider/shared/customer-place";
import { type Customer, homeOf } from "@postrider/shared/delivery";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { type DeliveryOutcome, openOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { Finder } from "../dead-letters/find.ts";
import { type DeliveryState, locate } from "./locate.ts";
import { findStanding, type Standing } from "./standing.ts";
import { openDelivery, toCustomerId } from "./stored-delivery.ts";

/** One of a customer's deliveries. */
export interface CustomerDelivery {
  readonly id: string;
  readonly state: DeliveryState;
  /** Where it lies; null once it has left the lanes. */
  readonly lane: string | null;
  /** The shared lane in which it began; null where what is kept does not tell. */
  readonly home: string | null;
  readonly customerId: Customer["id"] | null;
  /** `id@version`. */
  readonly action: string;
  readonly run: string | null;
  readonly labels: readonly string[];
  /** Unix ms when it was enqueued, or replayed last; null once it has ended. */
  readonly enqueuedAt: number | null;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
  /** How it ended; null while it is open. */
  readonly outcome: DeliveryOutcome | null;
}

export interface Customers {
  /**
   * The latest deliveries of a customer: those that are open first, then those that have ended within the
   * time for which they are kept.
   * @param id the customer's, as a text or number. @param limit at most so many.
   * @throws `customer_invalid`, `customers_not_indexed`.
   */
  deliveries(id: string | number | bigint, limit?: number): Promise<CustomerDelivery[]>;
}

/**
 * A customer's latest deliveries, as in `deliveries`.
 * @throws `customers_not_indexed`, `redis_unavailable`.
 */
export type FindOfCustomer = (customer: string, limit: number) => Promise<CustomerDelivery[]>;

export interface CustomersDependencies {
  readonly shard: Shard;
  /** Null: none is kept. */
  readonly index: CustomerIndex | null;
  readonly finder: Finder;
  readonly sealer: Sealer;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;

export function createCustomers(find: FindOfCustomer): Customers {
  return {
    async deliveries(id, limit = LIMIT_DEFAULT) {
      checkQuery(id, limit);
      return await find(String(id), limit);
    },
  };
}

/** Each takes Redis two or three commands. */
const LOCATED_AT_ONCE = 50;

export function createFindOfCustomer(dependencies: CustomersDependencies): FindOfCustomer {
  const { shard, index, finder, sealer } = dependencies;
  const findOpen = async (id: string, customer: string): Promise<CustomerDelivery | null> => {
    const located = await locate(shard, finder, id);
    if (located === null || located.delivery === null || located.lane === null) return null;
    const { delivery, state, lane, enqueuedAt, dueAt } = located;
    const customerId = toCustomerId(openDelivery(delivery, sealer));
    if (String(customerId) !== customer) return null;
    const { action, run = null, labels = [] } = delivery;
    const home = homeOf(delivery);
    return { id, state, lane, home, customerId, action, run, labels, enqueuedAt, dueAt, outcome: null };
  };
  const readEnded = async (known: CustomerIndex, places: readonly string[], limit: number) => {
    const found = await Promise.all(places.map((place) => known.ended(place, limit, Date.now())));
    return found.flat().map(({ stored, endedAt }) => openOutcome(stored, endedAt, sealer));
  };
  return async (customer, limit) => {
    if (index === null) throw notIndexed();
    const places = [
      toCustomerPlace(customer, null),
      ...(sealer.canSeal ? [toCustomerPlace(customer, sealer)] : []),
    ];
    return await asProducer(async () => {
      const ended = (await readEnded(index, places, limit)).filter(
        (one) => String(one.customer) === customer,
      );
      const standing = await findStanding(shard, finder, ended);
      const listed = await Promise.all(places.map((place) => index.open(place, limit)));
      const replayed = ended.flatMap(({ id }, nth) => (standing[nth]?.stands === false ? [id] : []));
      const ids = [...new Set([...listed.flat(), ...replayed])];
      const open: (CustomerDelivery | null)[] = [];
      for (let from = 0; from < ids.length; from += LOCATED_AT_ONCE) {
        const some = ids.slice(from, from + LOCATED_AT_ONCE);
        open.push(...(await Promise.all(some.map((id) => findOpen(id, customer)))));
      }
      const seen = new Set<string>();
      return [
        ...open.filter((one) => one !== null),
        ...ended.flatMap((one, nth) => toEnded(one, standing[nth])),
      ]
        .filter((one) => !seen.has(one.id) && seen.add(one.id))
        .slice(0, limit);
    });
  };
}

/** None where it does not stand any more: then its delivery is among the others. */
function toEnded(outcome: DeliveryOutcome, standing: Standing | undefined): CustomerDelivery[] {
  const { id, action, run, labels, customer } = outcome;
  const { stands = true, home = null } = standing ?? {};
  if (!stands) return [];
  const state = home === null ? "ended" : "dead-letter";
  const facts = { customerId: customer, action, run, labels, enqueuedAt: null, dueAt: null };
  return [{ id, state, lane: home, home, ...facts, outcome }];
}

function checkQuery(id: unknown, limit: number): void {
  if (!["string", "number", "bigint"].includes(typeof id) || id === "")
    throw invalidField("customer_invalid", "id", "must be a non-empty text or a number");
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return;
  throw invalidField("customer_invalid", "limit", `must be a whole number from 1 to ${LIMIT_MAX}`);
}

function notIndexed(): PostriderError {
  return new PostriderError(
    "customers_not_indexed",
    "no index of customers is kept; POSTRIDER_CUSTOMERS_KEPT_MS above 0, for producers and workers, keeps one from then on",
  );
}
