// The producer library: what a campaign engine holds to save actions, enqueue deliveries and read what became
// of them.

import type { OpenShards } from "@postrider/redis/open-shards";
import type { Store } from "@postrider/redis/shard";
import { PostriderError } from "@postrider/shared/errors";
import { createSealer, type Sealer, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createActionOrigins } from "./actions/action-origins.ts";
import { createActionStore } from "./actions/actions.ts";
import { createAnnounceLimits } from "./actions/announce-limits.ts";
import { createTestAction, type TestAction } from "./actions/ask-test-send.ts";
import { type Actor, type AuditTrail, createAuditTrail, createNote, type Note } from "./audit/audit-trail.ts";
import { toAudited, type Verbs } from "./audit/audited.ts";
import { auditTestSends } from "./audit/audited-test-sends.ts";
import { createByFilter } from "./by-filter/by-filter.ts";
import { type Config, createConfig } from "./config/config.ts";
import { deadLettersOver } from "./dead-letters/dead-letters-over-shards.ts";
import { type Customers, createCustomers } from "./deliveries/customer-deliveries.ts";
import { findOfCustomerOver } from "./deliveries/customers-over-shards.ts";
import { createDeliveries } from "./deliveries/deliveries.ts";
import { destinationsOver } from "./destinations/destinations-over-shards.ts";
import type { OwnLanes } from "./destinations/own-lanes.ts";
import { ownLanesOver } from "./destinations/own-lanes-over-shards.ts";
import { createEnqueue, type EnqueueOne } from "./enqueue/enqueue.ts";
import { createEnqueueAll, type EnqueueAll } from "./enqueue/enqueue-all.ts";
import { createEnqueueMany, type EnqueueMany } from "./enqueue/enqueue-many.ts";
import { type BeginSpan, findOpenTelemetry, traceAll, traceMany, traceOne } from "./enqueue/trace-enqueue.ts";
import { createWays } from "./enqueue/ways.ts";
import { createEvents, type Events } from "./events/events.ts";
import { toKept } from "./kept.ts";
import { type Lanes, lanesOver } from "./lanes-over-shards.ts";
import { createMetrics, type Metrics } from "./metrics/chart-series.ts";
import { createTakenIn } from "./metrics/taken-in.ts";
import { createWatching, type Watching } from "./metrics/watching.ts";
import { openForProducer, type RedisAccess, toKeys } from "./open-for-producer.ts";
import { createOutcomes, type Outcomes } from "./outcomes/outcomes.ts";
import { lookForShards } from "./over-shards/look-for-shards.ts";
import { createOverShards } from "./over-shards/over-shards.ts";
import { createShardWatch } from "./over-shards/shard-watch.ts";
import type { ReadOverview } from "./overview/overview.ts";
import { overviewOver } from "./overview/overview-over-shards.ts";
import { createRuns } from "./runs/runs.ts";
import { createSecretStore } from "./secrets/secrets.ts";
import { createShardProducer, type ShardProducer, type SharedParts } from "./shard-producer.ts";
import { createManageShards } from "./shards/manage-shards.ts";
import { createSnippetStore } from "./snippets/snippets.ts";
import { type Carrier, createCarrier } from "./subscriptions/carrier.ts";
import { createDeliverCarried } from "./subscriptions/deliver-carried.ts";
import { createSubscriptions } from "./subscriptions/subscriptions.ts";
import { createTasks } from "./tasks/tasks.ts";
import { createTokenStore } from "./tokens/token-store.ts";

export interface ProducerOptions extends RedisAccess {
  /** Where Redis is, as POSTRIDER_REDIS_URL has it. */
  readonly redis: string;
  /** The URLs of the servers that the shards are on, the store's first; `redis` unless given. */
  readonly servers?: readonly string[];
  /** The number of shards, where the installation is a new one; 1 unless given. */
  readonly shards?: number;
  /**
   * Keys that seal secrets, as POSTRIDER_SECRET_KEYS has them, or parsed. Without any there is no secret
   * store.
   */
  readonly secretKeys?: string | SecretKeys;
  /** Whether customers, events and values are sealed in Redis under the same keys. */
  readonly sealCustomers?: boolean;
  /** What all keys begin with, as POSTRIDER_KEY_PREFIX of the workers has it. */
  readonly keyPrefix?: string;
  /** How long ended deliveries are found by their customer, as the workers have it; 0: there is no index. */
  readonly customersKeptMs?: number;
  /** How many outcomes are kept, as the workers have it; 0: what is cancelled here is not told. */
  readonly outcomesKept?: number;
  /** How long ended deliveries are remembered, as the workers have it. */
  readonly idempotencyWindowMs?: number;
  /** What is kept for charts, as the workers have it; 0 minutes: this producer counts nothing for them. */
  readonly rollUpsMinutesKeptMs?: number;
  readonly rollUpsHoursKeptMs?: number;
  readonly rollUpsNamesMax?: number;
  /** Deliveries waiting in a lane above which enqueueMany pauses. */
  readonly backlogMax?: number;
  /** Who is written down in the audit for what is changed by this producer; `library` unless given. */
  readonly actor?: string;
  /** Changes that the audit keeps; 0: none. */
  readonly auditKept?: number;
}

/** Its verbs that change something are followed by an entry in the audit. */
export interface Producer extends Verbs {
  /**
   * The same, for somebody: what is changed by it is written down as theirs. Null: nothing is, for what
   * carries out what somebody was written down for. All share one connection and one end.
   */
  as(actor: Actor | null): Producer;
  readonly audit: AuditTrail;
  /** Actions, snippets and limits as one document. */
  readonly config: Config;
  /** Sends an action's request once, by a worker. */
  readonly testAction: TestAction;
  readonly enqueue: EnqueueOne;
  readonly enqueueAll: EnqueueAll;
  readonly enqueueMany: EnqueueMany;
  readonly outcomes: Outcomes;
  /** What operators are told of. */
  readonly events: Events;
  /** What happened when, as series. */
  readonly metrics: Metrics;
  readonly customers: Customers;
  /** For a process that carries subscriptions. @param holder tells it from others. */
  readonly createCarrier: (holder: string) => Carrier;
  readonly lanes: Lanes;
  readonly ownLanes: OwnLanes;
  /** Everything at a glance, at a bounded cost. */
  readonly overview: ReadOverview;
  readonly watching: Watching;
  /**
   * The names of the shards whose Redis does not answer, as far as is known without asking: what lies there
   * is missing from all that is read.
   */
  shardsAway(): readonly string[];
  /** What shards share, for those that keep something of their own there. */
  readonly store: Store;
  close(): Promise<void>;
}

/**
 * Connects a producer. Every method throws PostriderError with a stable `code`; while Redis is away, at once.
 * @throws PostriderError `redis_unavailable`, `redis_evicts`, `redis_newer`, `settings_invalid`,
 * `key_missing`.
 */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const sealer = createSealer(toKeys(options.secretKeys ?? []));
  if (options.sealCustomers === true && !sealer.canSeal)
    throw new PostriderError("key_missing", "sealCustomers needs secretKeys");
  const shards = await openForProducer(options);
  const parts = { ...createParts(shards, options, sealer), beginSpan: await findOpenTelemetry() };
  const { store, over, watch, look, kept } = parts;
  // What is made for a shard asks its Redis what it is: better now than in an outage.
  over.all();
  const verbs = createVerbs(parts);
  const reading = createReading(parts);
  const close = async (): Promise<void> => {
    look.close();
    watch.close();
    await Promise.all(over.all().map((part) => part.close()));
    shards.disconnect();
  };
  const as = (actor: Actor | null): Producer => {
    const note = actor === null ? noNote : createNote(store, actor, kept.auditKept);
    const audited = actor === null ? verbs : toAudited(verbs, note);
    const testAction = auditTestSends(reading.testAction, note);
    return { ...reading, ...audited, testAction, config: createConfig(audited, note), as, close };
  };
  return as({ actor: options.actor ?? "library", via: "library" });
}

type Parts = ReturnType<typeof createParts> & { readonly beginSpan: BeginSpan | null };

/** What the producer's verbs are made of. */
function createParts(shards: OpenShards, options: ProducerOptions, sealer: Sealer) {
  const kept = toKept(options, readSettings({}));
  const { store } = shards;
  const watch = createShardWatch();
  const look = lookForShards(shards, Date.now);
  const over = createOverShards<ShardProducer>(shards, watch, (shard) => createShardProducer(shard, shared));
  const snippets = createSnippetStore(store);
  const actions = createActionStore(store, createAnnounceLimits(over), snippets, sealer);
  const { takenIn, count } = createTakenIn();
  const runs = createRuns(over);
  const destinations = destinationsOver(over);
  const findOrigin = createActionOrigins(actions);
  const shared: SharedParts = { store, sealer, actions, findOrigin, kept, count, runs, destinations };
  const enqueueing = {
    ...{ actions, runs },
    ways: createWays({ shards, watch, untilKnown: look.untilKnown, over }),
    backlogMax: options.backlogMax ?? kept.backlogMax,
    customerSealer: options.sealCustomers === true ? sealer : null,
    isIndexed: kept.customersKeptMs > 0,
  };
  return {
    ...shared,
    ...{ shards, watch, look, over, snippets, takenIn, enqueueing, runs, destinations },
    hasIndex: kept.customersKeptMs > 0,
    findOfCustomer: findOfCustomerOver(over),
    deliver: createDeliverCarried(enqueueing),
    now: Date.now,
  };
}

/** The verbs by which something is changed, not yet audited. */
function createVerbs(parts: Parts): Verbs {
  const { over, store, actions, snippets, runs, destinations, sealer, now } = parts;
  return {
    ...{ actions, snippets, runs, destinations },
    deliveries: createDeliveries(over, createByFilter(over, parts.hasIndex)),
    deadLetters: deadLettersOver(over),
    secrets: createSecretStore(store, sealer),
    tokens: createTokenStore(store, now),
    shards: createManageShards(parts.shards, over, parts.kept.idempotencyWindowMs),
    tasks: createTasks(store, () => over.first().shard),
    subscriptions: createSubscriptions(parts),
  };
}

/** What enqueues, and what only looks. */
function createReading(parts: Parts) {
  const { over, store, kept, enqueueing, beginSpan } = parts;
  return {
    testAction: createTestAction({ ...parts, findQueue: () => over.first().testSends }),
    enqueue: traceOne(createEnqueue(enqueueing), beginSpan),
    enqueueAll: traceAll(createEnqueueAll(enqueueing), beginSpan),
    enqueueMany: traceMany(createEnqueueMany(enqueueing), beginSpan),
    outcomes: createOutcomes(over),
    events: createEvents(over),
    createCarrier: (holder: string) =>
      createCarrier({ ...parts, shards: () => over.answering().map(({ shard }) => shard), holder }),
    metrics: createMetrics(over, kept, () => over.first().directory.now()),
    customers: createCustomers(parts.findOfCustomer),
    audit: createAuditTrail(store),
    lanes: lanesOver(over),
    ownLanes: ownLanesOver(over),
    overview: overviewOver(over),
    watching: createWatching(over, parts.shards, parts.takenIn),
    shardsAway: over.away,
    store,
  };
}

const noNote: Note = () => Promise.resolve();
