// What happened to this customer: their latest deliveries, over all actions, waiting or ended.

import { asProducer } from "@postrider/redis/connect";
import type { CustomerIndex } from "@postrider/redis/customer-index";
import type { Shard } from "@postrider/redis/shard";
import { toCustomerPlace } from "@postrider/shared/customer-place";
import type { Delivery } from "@postrider/shared/delivery";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { decodeMark } from "@postrider/shared/outcome";
import { type DeliveryOutcome, openOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { Finder } from "../dead-letters/find.ts";
import { type DeliveryState, locate } from "./locate.ts";
import { openDelivery, toCustomerId } from "./stored-delivery.ts";

/** One of a customer's deliveries. */
export interface CustomerDelivery {
  readonly id: string;
  readonly state: DeliveryState;
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

export interface CustomersDependencies {
  readonly shard: Shard;
  /** Null: none is kept. */
  readonly index: CustomerIndex | null;
  readonly finder: Finder;
  readonly sealer: Sealer;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;

export function createCustomers({ shard, index, finder, sealer }: CustomersDependencies): Customers {
  const findOpen = async (id: string, customer: string): Promise<CustomerDelivery | null> => {
    const located = await locate(shard, finder, id);
    if (located === null || located.delivery === null || located.lane === null) return null;
    const { delivery, state, enqueuedAt, dueAt } = located;
    if (String(toCustomerId(openDelivery(delivery, sealer))) !== customer) return null;
    return { id, state, ...toFacts(delivery), enqueuedAt, dueAt, outcome: null };
  };
  const readEnded = async (known: CustomerIndex, places: readonly string[], limit: number) => {
    const found = await Promise.all(places.map((place) => known.ended(place, limit, Date.now())));
    return found.flat().map(({ stored, endedAt }) => openOutcome(stored, endedAt, sealer));
  };
  /** Those that failed, were replayed, and have not ended again. */
  const findReplayed = async (ended: readonly DeliveryOutcome[]): Promise<string[]> => {
    const ids = [...new Set(ended.filter(({ outcome }) => outcome === "failed").map(({ id }) => id))];
    if (ids.length === 0) return [];
    const marks = await shard.redis.mget(ids.map((id) => shard.keys.outcome(id)));
    return ids.filter((_, nth) => decodeMark(marks[nth] ?? "")?.kind === "in");
  };
  return {
    async deliveries(id, limit = LIMIT_DEFAULT) {
      checkQuery(id, limit);
      if (index === null) throw notIndexed();
      const customer = String(id);
      const places = [toCustomerPlace(id, null), ...(sealer.canSeal ? [toCustomerPlace(id, sealer)] : [])];
      return await asProducer(async () => {
        const ended = (await readEnded(index, places, limit)).filter(
          (outcome) => String(outcome.customer) === customer,
        );
        const listed = await Promise.all(places.map((place) => index.open(place, limit)));
        const ids = new Set([...listed.flat(), ...(await findReplayed(ended))]);
        const open = await Promise.all([...ids].map((one) => findOpen(one, customer)));
        const seen = new Set<string>();
        return [...open.filter((one) => one !== null), ...ended.map(toEnded)]
          .filter((one) => !seen.has(one.id) && seen.add(one.id))
          .slice(0, limit);
      });
    },
  };
}

function toFacts({ action, run, labels = [] }: Delivery) {
  return { action, run: run ?? null, labels };
}

function toEnded(outcome: DeliveryOutcome): CustomerDelivery {
  const { id, action, run, labels } = outcome;
  const state = outcome.outcome === "failed" ? "dead-letter" : "ended";
  return { id, state, action, run, labels, enqueuedAt: null, dueAt: null, outcome };
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
