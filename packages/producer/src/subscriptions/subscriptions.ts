// Subscriptions: events and outcomes that are delivered as webhooks, by an action of one's own. Kept in the
// store; API processes carry them.

import { randomUUID } from "node:crypto";
import type { Store } from "@postrider/redis/shard";
import {
  forgetSubscription,
  readSubscriptions,
  toFrom,
  writeSubscription,
} from "@postrider/redis/stored-subscriptions";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { describeProblems, invalidField, PostriderError } from "@postrider/shared/errors";
import type { EventType } from "@postrider/shared/operator-event";
import {
  isSubscriptionId,
  type OutcomeFilter,
  readSubscription,
  SUBSCRIPTION_ID_RULE,
  type SubscriptionDocument,
} from "@postrider/shared/subscription";
import type { ActionStore } from "../actions/actions.ts";
import { getOpen } from "../actions/archived.ts";
import type { FindOfCustomer } from "../deliveries/customer-deliveries.ts";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { StoredReader, StoredSubscription } from "./carried-event.ts";
import { KINDS, type Kind } from "./carry.ts";
import { findObstacle } from "./check-carriable.ts";
import type { DeliverCarried } from "./deliver-carried.ts";
import { latestOf, type ReaderStanding, readStandings } from "./reader-standing.ts";
import { findRecent, type RecentDeliveries } from "./recent.ts";
import { toSample } from "./sample-event.ts";

/** Each costs the API processes a script or two every half second. */
export const SUBSCRIPTIONS_MAX = 100;

export interface Subscription {
  readonly id: string;
  /** `id`, or `id@version`. */
  readonly action: string;
  readonly events: readonly EventType[] | null;
  readonly outcomes: OutcomeFilter | null;
  /** Unix ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Events and outcomes told and not yet looked at for it, chosen or not. */
  readonly unread: number;
  /** Those that were gone before they could be looked at. */
  readonly missed: number;
  /** What keeps it from being delivered, since when it was met last (Unix ms); null: nothing. */
  readonly problem: { readonly code: ErrorCode; readonly message: string; readonly at: number } | null;
  /** What became of the latest deliveries that it made; null where no index of customers is kept. */
  readonly recent: RecentDeliveries | null;
}

export interface Subscriptions {
  /** All of them, by id. */
  list(): Promise<Subscription[]>;
  /** @throws `subscription_unknown`. */
  get(id: string): Promise<Subscription>;
  /**
   * Saves a subscription. A new one begins with what is told from now on.
   * @throws `subscription_invalid`, also for an action that cannot be composed of what is chosen;
   * `action_unknown`, `action_archived`.
   */
  set(
    id: string,
    document: SubscriptionDocument,
  ): Promise<{ readonly subscription: Subscription; readonly isNew: boolean }>;
  /** Nothing more is delivered for it; what has been enqueued is sent. @throws `subscription_unknown`. */
  remove(id: string): Promise<void>;
  /**
   * Delivers a sample, of one of its events unless another type is named.
   * @returns the delivery's id. @throws `subscription_unknown`, `subscription_invalid`, `action_unknown`.
   */
  test(id: string, type?: string): Promise<string>;
}

export interface SubscriptionsOptions {
  readonly store: Store;
  readonly over: OverShards<ShardPart>;
  readonly actions: ActionStore;
  readonly deliver: DeliverCarried;
  readonly findOfCustomer: FindOfCustomer;
  /** Whether an index of customers is kept. */
  readonly hasIndex: boolean;
  /** Unix ms. */
  readonly now: () => number;
}

export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { store, over, actions, deliver, now } = options;
  const find = async (id: string): Promise<StoredSubscription> => {
    const found = (await readStored(store)).find((one) => one.id === id);
    if (found !== undefined) return found;
    throw new PostriderError("subscription_unknown", `no subscription has the id ${id}`);
  };
  const show = async (stored: StoredSubscription): Promise<Subscription> => {
    const [shown] = await showAll(options, [stored]);
    if (shown === undefined) throw new Error("one subscription is shown as none");
    return shown;
  };
  return {
    list: async () => showAll(options, await readStored(store)),
    get: async (id) => show(await find(id)),
    async set(id, document) {
      const given = checkSubscription(id, document);
      const saved = await getOpen(actions, given.action);
      const obstacle = findObstacle(saved.action, id, given);
      if (obstacle !== null)
        throw invalidField("subscription_invalid", "action", `${given.action}: ${obstacle}`);
      const all = await readStored(store);
      const known = all.find((one) => one.id === id);
      if (known === undefined && all.length >= SUBSCRIPTIONS_MAX)
        throw invalidField(
          "subscription_invalid",
          "id",
          `there are ${SUBSCRIPTIONS_MAX} already; remove one`,
        );
      const readers = await toReaders(over, given, known);
      const times = { createdAt: known?.createdAt ?? now(), updatedAt: now() };
      const stored: StoredSubscription = { id, ...given, ...times, readers };
      await writeSubscription(store, id, JSON.stringify(stored));
      return { subscription: await show(stored), isNew: known === undefined };
    },
    async remove(id) {
      await find(id);
      await forgetSubscription(store, id);
    },
    async test(id, type) {
      const stored = await find(id);
      const [delivery = ""] = await deliver(stored, [toSample(stored, type, now())]);
      return delivery;
    },
  };
}

/** All subscriptions as they are kept, by id. */
export async function readStored(store: Store): Promise<StoredSubscription[]> {
  const texts = Object.values(await readSubscriptions(store));
  return texts
    .map((text) => JSON.parse(text) as StoredSubscription)
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** @throws `subscription_invalid`. */
export function checkSubscription(id: string, document: unknown): SubscriptionDocument {
  if (!isSubscriptionId(id)) throw invalidField("subscription_invalid", "id", SUBSCRIPTION_ID_RULE);
  const read = readSubscription(document);
  if (!("problems" in read)) return read;
  throw new PostriderError("subscription_invalid", describeProblems(read.problems), {
    problems: read.problems,
  });
}

/** Those that it had go on where they are; a new one begins with what is told from now on. */
async function toReaders(
  over: OverShards<ShardPart>,
  given: SubscriptionDocument,
  known: StoredSubscription | undefined,
): Promise<StoredSubscription["readers"]> {
  const readers: Partial<Record<Kind, StoredReader>> = {};
  for (const kind of KINDS) {
    if (given[kind] === undefined) continue;
    readers[kind] = known?.readers[kind] ?? { name: randomUUID(), from: await findLatest(over, kind) };
  }
  return readers;
}

/** @throws `redis_unavailable` also where one shard alone is away: what it tells later is for the reader. */
async function findLatest(over: OverShards<ShardPart>, kind: Kind): Promise<string> {
  const find = async ({ shard }: ShardPart) => [shard.name, `${await latestOf(shard, kind)}-0`] as const;
  return toFrom(await over.insist(find, "the subscription is not saved; save it again when all answer"));
}

async function showAll(
  { over, findOfCustomer, hasIndex }: SubscriptionsOptions,
  all: readonly StoredSubscription[],
): Promise<Subscription[]> {
  const states = (await over.ask(({ shard }) => readStandings(shard, all))).flat();
  const find = hasIndex ? findOfCustomer : null;
  const recent = await Promise.all(all.map(({ id }) => findRecent(find, id)));
  return all.map(({ readers: _, events = null, outcomes = null, ...one }, nth) => {
    const own = states.filter(({ id }) => id === one.id);
    return { ...one, events, outcomes, ...sumUp(own), recent: recent[nth] ?? null };
  });
}

function sumUp(readers: readonly ReaderStanding[]): Pick<Subscription, "unread" | "missed" | "problem"> {
  const problem = readers.map((reader) => reader.problem).find((text) => text !== null) ?? null;
  return {
    unread: readers.reduce((sum, { unread }) => sum + unread, 0),
    missed: readers.reduce((sum, { missed }) => sum + missed, 0),
    problem: problem === null ? null : (JSON.parse(problem) as Subscription["problem"]),
  };
}
