// The producer library: what a campaign engine holds to save actions, enqueue deliveries and read what became
// of them.

import { createCustomerIndex } from "@postrider/redis/customer-index";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { createLaneQueues, type LaneQueues } from "@postrider/redis/lane-queues";
import type { OpenShards } from "@postrider/redis/open-shards";
import { createRollUps } from "@postrider/redis/roll-ups";
import { createAdmit } from "@postrider/redis/scripts/admit";
import { createWithdraw } from "@postrider/redis/scripts/withdraw";
import type { Store } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import { PostriderError } from "@postrider/shared/errors";
import { createSealer, type Sealer, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Settings } from "@postrider/shared/settings/settings";
import { createActionOrigins } from "./actions/action-origins.ts";
import { createActionStore } from "./actions/actions.ts";
import { createTestAction, type TestAction } from "./actions/ask-test-send.ts";
import { type Actor, type AuditTrail, createAuditTrail, createNote, type Note } from "./audit/audit-trail.ts";
import { toAudited, type Verbs } from "./audit/audited.ts";
import { createByFilter } from "./by-filter/by-filter.ts";
import { type Config, createConfig } from "./config/config.ts";
import { createDeadLetters } from "./dead-letters/dead-letters.ts";
import { createFinder } from "./dead-letters/find.ts";
import { createChanges } from "./deliveries/change.ts";
import { type Customers, createCustomers, createFindOfCustomer } from "./deliveries/customer-deliveries.ts";
import { createDeliveries } from "./deliveries/deliveries.ts";
import { createDestinations } from "./destinations/destinations.ts";
import { createOwnLanes, type OwnLanes } from "./destinations/own-lanes.ts";
import { createEnqueue, type EnqueueOne } from "./enqueue/enqueue.ts";
import { createEnqueueAll, type EnqueueAll } from "./enqueue/enqueue-all.ts";
import { createEnqueueMany, type EnqueueMany } from "./enqueue/enqueue-many.ts";
import { createRouting } from "./enqueue/routing.ts";
import { type BeginSpan, findOpenTelemetry, traceAll, traceMany, traceOne } from "./enqueue/trace-enqueue.ts";
import { createWays } from "./enqueue/ways.ts";
import { createEvents, type Events } from "./events/events.ts";
import { toKept } from "./kept.ts";
import { createMetrics, type Metrics } from "./metrics/chart-series.ts";
import { countEnqueued, countWithdrawn } from "./metrics/count-for-charts.ts";
import { createTakenIn } from "./metrics/taken-in.ts";
import { createWatching, type Watching } from "./metrics/watching.ts";
import { firstOf, openForProducer, toKeys } from "./open-for-producer.ts";
import { createOutcomes, type Outcomes } from "./outcomes/outcomes.ts";
import { createOverview, type ReadOverview } from "./overview/overview.ts";
import { createRuns } from "./runs/runs.ts";
import { createSecretStore } from "./secrets/secrets.ts";
import { createSnippetStore } from "./snippets/snippets.ts";
import { type Carrier, createCarrier } from "./subscriptions/carrier.ts";
import { createDeliverCarried } from "./subscriptions/deliver-carried.ts";
import { createSubscriptions } from "./subscriptions/subscriptions.ts";
import { createTasks } from "./tasks/tasks.ts";
import { createTokenStore } from "./tokens/token-store.ts";

export interface ProducerOptions {
  /** Redis URL. */
  readonly redis: string;
  /** The shards' servers, the store's first. As yet, reads and switches know only the first shard. */
  readonly servers?: readonly string[];
  /** How many there are to be where the installation is new; 1 unless given. For tests, as said above. */
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
  readonly lanes: LaneQueues;
  readonly ownLanes: OwnLanes;
  /** Everything at a glance, at a bounded cost. */
  readonly overview: ReadOverview;
  readonly watching: Watching;
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
  const { store, lanes, rollUps, kept, enqueueing } = parts;
  const verbs = createVerbs(parts);
  const reading = createReading(parts);
  const close = async (): Promise<void> => {
    await Promise.all([lanes.close(), enqueueing.ways.close(), rollUps.close()]);
    shards.disconnect();
  };
  const as = (actor: Actor | null): Producer => {
    const note = actor === null ? noNote : createNote(store, actor, kept.auditKept);
    const audited = actor === null ? verbs : toAudited(verbs, note);
    return { ...reading, ...audited, config: createConfig(audited, note), as, close };
  };
  return as({ actor: options.actor ?? "library", via: "library" });
}

type Parts = ReturnType<typeof createParts> & { readonly beginSpan: BeginSpan | null };

/** What the producer's verbs are made of. */
function createParts(shards: OpenShards, options: ProducerOptions, sealer: Sealer) {
  const defaults: Settings = readSettings({});
  const shard = firstOf(shards);
  const { store } = shards;
  const lanes = createLaneQueues(shard);
  const snippets = createSnippetStore(store);
  const directory = createLaneDirectory(shard);
  const actions = createActionStore(store, directory, snippets, sealer);
  const findOrigin = createActionOrigins(actions);
  const runs = createRuns({ shard, directory, lanes, findOrigin });
  const finder = createFinder(shard, { findOrigin, sealer });
  const kept = toKept(options, defaults);
  const rollUps = createRollUps(shard, kept, directory.now);
  const index = kept.customersKeptMs > 0 ? createCustomerIndex(shard, kept.customersKeptMs) : null;
  const { takenIn, count } = createTakenIn();
  const enqueueing = {
    ...{ actions, runs },
    ways: createWays({
      shards,
      toAdmit: (one) => count(countEnqueued(createAdmit(one), rollUps)),
      first: { shard, lanes, routing: createRouting(directory, Date.now) },
      now: Date.now,
    }),
    backlogMax: options.backlogMax ?? defaults.backlogMax,
    customerSealer: options.sealCustomers === true ? sealer : null,
    isIndexed: index !== null,
  };
  return {
    ...{
      shard,
      store,
      lanes,
      snippets,
      directory,
      actions,
      findOrigin,
      runs,
      finder,
      sealer,
      kept,
      rollUps,
      takenIn,
    },
    hasIndex: index !== null,
    findOfCustomer: createFindOfCustomer({ shard, index, finder, sealer }),
    enqueueing,
    deliver: createDeliverCarried(enqueueing),
  };
}

/** The verbs by which something is changed, not yet audited. */
function createVerbs(parts: Parts): Verbs {
  const { shard, store, directory, actions, runs, finder, sealer, kept, rollUps } = parts;
  const destinations = createDestinations(shard, directory);
  const withdraw = countWithdrawn(createWithdraw(shard, kept), rollUps);
  const waiting = { shard, withdraw, sealer, now: Date.now };
  return {
    actions,
    snippets: parts.snippets,
    runs,
    deliveries: createDeliveries({
      ...{ ...parts, destinations },
      changes: createChanges(waiting),
      byFilter: createByFilter({ ...parts, ...waiting }),
    }),
    deadLetters: createDeadLetters({ shard, directory, actions, finder, sealer }),
    secrets: createSecretStore(store, sealer),
    tokens: createTokenStore(store, Date.now),
    tasks: createTasks(store, shard),
    subscriptions: createSubscriptions({ ...parts, now: Date.now }),
    destinations,
  };
}

/** What enqueues, and what only looks. */
function createReading(parts: Parts) {
  const { shard, store, directory, lanes, actions, snippets, sealer, kept, enqueueing, beginSpan } = parts;
  const queue = createTestSendQueue(shard);
  return {
    testAction: createTestAction({ queue, actions, snippets, sealer, now: Date.now }),
    enqueue: traceOne(createEnqueue(enqueueing), beginSpan),
    enqueueAll: traceAll(createEnqueueAll(enqueueing), beginSpan),
    enqueueMany: traceMany(createEnqueueMany(enqueueing), beginSpan),
    outcomes: createOutcomes(shard, sealer),
    events: createEvents(shard),
    createCarrier: (holder: string) => createCarrier({ ...parts, holder }),
    metrics: createMetrics(shard, kept, directory.now),
    customers: createCustomers(parts.findOfCustomer),
    audit: createAuditTrail(store),
    lanes,
    ownLanes: createOwnLanes(shard, directory),
    overview: createOverview({ shard, directory, lanes }),
    watching: createWatching({ ...kept, shard, store, directory }, parts.takenIn),
    store,
  };
}

const noNote: Note = () => Promise.resolve();
