// Carries what the streams tell to those who subscribe to it. Each subscription reads with a reader of its
// own, one process at a time; what was read counts as done once it is in its lane, so that whoever takes over
// begins again where the last one was sure, and what was handed in twice is the same delivery.

import { removeGroup } from "@postrider/redis/reader-groups";
import { createAcknowledgeTold } from "@postrider/redis/scripts/acknowledge-told";
import { createReadTold } from "@postrider/redis/scripts/read-told";
import type { Shard } from "@postrider/redis/shard";
import { fromIn, noteMissed, noteProblem, readReaderNames } from "@postrider/redis/stored-subscriptions";
import { asSubscribed, eventStream, outcomeStream, type ToldStream } from "@postrider/redis/told-streams";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { StoredOutcome } from "@postrider/shared/outcome-entry";
import { type Page, type PageQuery, readPage } from "../reading/page.ts";
import type { Carried, StoredReader, StoredSubscription } from "./carried-event.ts";
import type { DeliverCarried } from "./deliver-carried.ts";

export type Kind = "events" | "outcomes";
export const KINDS: readonly Kind[] = ["events", "outcomes"];

/** A process that is gone has its subscriptions taken over after this. */
const HOLD_MS = 10_000;
const PAGE = 500;
/** Then others have their turn. */
const PAGES_MAX = 10;
/** How soon a subscription that another process carries is looked at again, and one that something stops. */
const HELD_MS = 2_000;
const STOPPED_MS = 5_000;

/** What is to be delivered of a page. */
export type Choose = (subscription: StoredSubscription, page: ToldPage) => Promise<Carried[]>;

/** Events are texts, outcomes are not. */
export type ToldPage = Page<string> | Page<StoredOutcome>;

export interface CarryOptions {
  readonly shard: Shard;
  readonly deliver: DeliverCarried;
  readonly choose: Choose;
  /** Tells this process from others that carry. */
  readonly holder: string;
}

export interface Carry {
  /**
   * Hands in what is new for this subscription, some pages of it at most. @returns whether there may be more.
   * @throws what Redis throws.
   */
  carry(subscription: StoredSubscription): Promise<boolean>;
  /** Forgets the readers of subscriptions that are no more. */
  sweep(subscriptions: readonly StoredSubscription[]): Promise<void>;
  /** Lets others take over at once. */
  letGo(): Promise<void>;
}

export function createCarry({ shard, deliver, choose, holder }: CarryOptions): Carry {
  const streams = {
    events: asSubscribed(eventStream(shard.keys), shard.keys),
    outcomes: asSubscribed(outcomeStream(shard.keys), shard.keys),
  };
  const readKind = createReadKind(shard, streams);
  // Both streams' readers lie alike.
  const acknowledge = createAcknowledgeTold(shard, streams.events);
  /** Readers that this process has. */
  const mine = new Set<string>();
  const problems = createProblems(shard);
  /** Readers that are left alone until then, by performance.now(). */
  const later = new Map<string, number>();
  const asReader = (name: string, holdMs = HOLD_MS) => ({ group: name, reader: holder, holdMs });
  const putOff = (name: string, ms: number): void => void later.set(name, performance.now() + ms);

  /** The next page, where this process may read it; null: not now. */
  const take = async (kind: Kind, { name, ...reader }: StoredReader): Promise<ToldPage | null> => {
    if ((later.get(name) ?? 0) > performance.now()) return null;
    // Where it begins, unless it is further already.
    const isMine = mine.has(name) || (await acknowledge(fromIn(reader, shard.name), asReader(name)));
    const query = { from: "", limit: PAGE, reader: asReader(name), start: "oldest" } as const;
    const page = isMine ? await readKind(kind, query) : "held";
    if (typeof page === "string") {
      mine.delete(name);
      problems.forget(name);
      putOff(name, HELD_MS);
      return null;
    }
    mine.add(name);
    return page;
  };
  /** @returns whether all that is to be delivered of it is in its lane. */
  const handIn = async (subscription: StoredSubscription, kind: Kind, page: ToldPage): Promise<boolean> => {
    const name = subscription.readers[kind]?.name ?? "";
    try {
      const events = await choose(subscription, page);
      if (events.length > 0) await deliver(subscription, events);
      await problems.note(name, null);
      return true;
    } catch (error) {
      if (!isItsOwn(error)) throw error;
      await problems.note(name, error);
      putOff(name, STOPPED_MS);
      return false;
    }
  };
  /** @returns whether there may be more. */
  const carryPage = async (subscription: StoredSubscription, kind: Kind): Promise<boolean> => {
    const reader = subscription.readers[kind];
    const page = reader === undefined ? null : await take(kind, reader);
    if (reader === undefined || page === null || !(await handIn(subscription, kind, page))) return false;
    const { missed, after, from, entries } = page;
    if (missed !== 0) await noteMissed(shard, reader.name, missed ?? 1);
    if (after !== from && !(await acknowledge(after, asReader(reader.name), missed !== 0)))
      mine.delete(reader.name);
    return entries.length === PAGE;
  };
  const carryPages = async (subscription: StoredSubscription, kind: Kind): Promise<boolean> => {
    for (let pages = 0; pages < PAGES_MAX; pages++) if (!(await carryPage(subscription, kind))) return false;
    return true;
  };
  return {
    async carry(subscription) {
      const hasMoreEvents = await carryPages(subscription, "events");
      return (await carryPages(subscription, "outcomes")) || hasMoreEvents;
    },
    async sweep(subscriptions) {
      const known = new Set(subscriptions.flatMap(({ readers }) => KINDS.map((kind) => readers[kind]?.name)));
      for (const name of await readReaderNames(shard)) {
        if (known.has(name)) continue;
        await removeGroup(shard, streams.events, name);
        mine.delete(name);
        problems.forget(name);
        later.delete(name);
      }
    },
    async letGo() {
      for (const name of mine) await acknowledge("", asReader(name, 0)).catch(() => undefined);
      mine.clear();
    },
  };
}

type Streams = { readonly events: ToldStream<string>; readonly outcomes: ToldStream<StoredOutcome> };

function createReadKind(shard: Shard, streams: Streams) {
  const readEvents = createReadTold(shard, streams.events);
  const readOutcomes = createReadTold(shard, streams.outcomes);
  return async (kind: Kind, query: PageQuery): Promise<ToldPage | "held" | "full"> =>
    kind === "events" ? await readPage(readEvents, query) : await readPage(readOutcomes, query);
}

/** What keeps readers from being delivered, noted where those who look see it, and only when it is news. */
function createProblems(shard: Shard) {
  const well = new Set<string>();
  return {
    /** @param error null: nothing does. */
    async note(name: string, error: PostriderError | null): Promise<void> {
      if (error === null && well.has(name)) return;
      const problem = error === null ? null : { code: error.code, message: error.message, at: Date.now() };
      await noteProblem(shard, name, problem === null ? null : JSON.stringify(problem));
      if (error === null) well.add(name);
      else well.delete(name);
    },
    /** Another process may note something from now on. */
    forget: (name: string): void => void well.delete(name),
  };
}

const OF_REDIS = ["redis_unavailable", "redis_full"] as const;

/** Whether it is the subscription, and not Redis or a bug, that keeps it from being delivered. */
function isItsOwn(error: unknown): error is PostriderError {
  return error instanceof PostriderError && !OF_REDIS.some((code) => hasCode(error, code));
}
