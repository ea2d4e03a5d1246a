// What commands work with: the parts of a producer that they need, whether those are at hand on Redis or
// reached through an HTTP API. No command knows which of the two it has.

import type { ActionStore } from "@postrider/producer/actions/actions";
import type { AuditTrail } from "@postrider/producer/audit/audit-trail";
import type { Config } from "@postrider/producer/config/config";
import type {
  DeadLetterGroups,
  DeadLetterList,
  DeadLetters,
} from "@postrider/producer/dead-letters/dead-letters";
import type { Customers } from "@postrider/producer/deliveries/customer-deliveries";
import type { Deliveries } from "@postrider/producer/deliveries/deliveries";
import type { Destinations } from "@postrider/producer/destinations/destinations";
import type { RunEnqueued, RunOrder } from "@postrider/producer/enqueue/enqueue-many";
import type { ReadEvent } from "@postrider/producer/events/events";
import type { LanesStatus, LanesStatusQuery } from "@postrider/producer/lanes-status";
import type { Metrics } from "@postrider/producer/metrics/chart-series";
import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import type { Overview } from "@postrider/producer/overview/overview";
import type { ReaderOptions, ReadQuery } from "@postrider/producer/reading/reader";
import type { Runs } from "@postrider/producer/runs/runs";
import type { SecretStore } from "@postrider/producer/secrets/secrets";
import type { SnippetStore } from "@postrider/producer/snippets/snippets";
import type { Subscriptions } from "@postrider/producer/subscriptions/subscriptions";
import type { Tasks } from "@postrider/producer/tasks/tasks";
import type { TokenStore } from "@postrider/producer/tokens/token-store";
import type { ReaderGroup } from "@postrider/redis/reader-groups";
import type { Action } from "@postrider/shared/action";
import type { Delivery } from "@postrider/shared/delivery";
import type { TestSend } from "@postrider/worker/test-send";

export interface FollowOptions extends Omit<ReaderOptions, "group" | "onMissed"> {
  /** Absent: the place is the reader's own matter. */
  readonly group?: string | undefined;
  /** A cursor to begin behind. */
  readonly after?: string | undefined;
  readonly onMissed: (missed: number | null) => void;
}

export interface ToldPage<E> {
  readonly entries: readonly E[];
  readonly after: string;
  readonly missed: number | null;
}

/** What is told, and the groups that read it. */
export interface Told<E> {
  /** What there is behind a cursor, without waiting. */
  page(query: ReadQuery): Promise<ToldPage<E>>;
  /** As they come, each at least once, until the signal ends it. */
  follow(options: FollowOptions): AsyncIterable<E>;
  groups(): Promise<Omit<ReaderGroup, "place">[]>;
  removeGroup(group: string): Promise<void>;
}

/** A number of all, which a token may not be told: null. */
type OrNull<T, K extends keyof T> = Omit<T, K> & { readonly [N in K]: T[N] | null };

export interface Service {
  readonly actions: Pick<ActionStore, "apply" | "get" | "list" | "archive" | "restore">;
  /** Refuses an action that cannot be enqueued, as far as one may know. @throws `action_unknown`. */
  checkAction(ref: string): Promise<void>;
  /**
   * Sends a request once, really. @param action a saved one's id or `id@version`, or a document with all that
   * it uses. @param to another URL than the action's.
   */
  testSend(
    action: string | Action,
    sample: Pick<Delivery, "customer" | "event" | "values">,
    to: string | undefined,
  ): Promise<TestSend>;
  readonly snippets: SnippetStore;
  /** @throws what enqueueing throws. What was taken in by then stays; the same run again goes on. */
  enqueueMany(order: Omit<RunOrder, "onInvalid">): Promise<RunEnqueued>;
  readonly runs: Pick<Runs, "get" | "list" | "wait" | "close" | "pause" | "resume" | "cancel" | "release">;
  readonly outcomes: Told<ReadOutcome>;
  readonly events: Told<ReadEvent>;
  readonly deliveries: Pick<
    Deliveries,
    "show" | "list" | "cancel" | "cancelAll" | "countCancellable" | "changeTimes"
  >;
  readonly customers: Customers;
  readonly deadLetters: Pick<DeadLetters, "show" | "replay" | "purge"> & {
    list(...query: Parameters<DeadLetters["list"]>): Promise<OrNull<DeadLetterList, "total">>;
    groups(...query: Parameters<DeadLetters["groups"]>): Promise<OrNull<DeadLetterGroups, "scanned">>;
  };
  readonly destinations: Omit<Destinations, "configure" | "configured">;
  readonly secrets: Pick<SecretStore, "set" | "list" | "remove">;
  readonly tokens: Pick<TokenStore, "create" | "list" | "revoke">;
  readonly audit: AuditTrail;
  readonly config: Pick<Config, "plan" | "apply"> & {
    export(): Promise<Pick<Awaited<ReturnType<Config["export"]>>, "config">>;
  };
  readonly subscriptions: Subscriptions;
  readonly metrics: Pick<Metrics, "series">;
  readonly tasks: Pick<Tasks, "list" | "get" | "stop">;
  status(query: LanesStatusQuery): Promise<LanesStatus>;
  /** Everything at one look. @param lanes shared lanes to show also where nothing was ever enqueued. */
  overview(lanes: readonly string[]): Promise<Overview>;
  /** Shared lanes in which anything has lain, or that a worker serves. */
  laneNames(): Promise<readonly string[]>;
  /** Whether a worker serves a shared lane at this moment; true where one may not know. */
  isServed(lane: string): Promise<boolean>;
}
