// The producer library: what a campaign engine holds to save actions, enqueue deliveries and read what became
// of them.

import { connectRedis, producerOptions } from "@postrider/redis/connect";
import { createCustomerIndex } from "@postrider/redis/customer-index";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { createLaneQueues, type LaneQueues } from "@postrider/redis/lane-queues";
import { createAdmit } from "@postrider/redis/scripts/admit";
import { createWithdraw } from "@postrider/redis/scripts/withdraw";
import { createShard, createStore, type Store } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import { PostriderError } from "@postrider/shared/errors";
import { createSealer, parseSecretKeys, type SecretKeys } from "@postrider/shared/seal";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Settings } from "@postrider/shared/settings/settings";
import { createActionOrigins } from "./actions/action-origins.ts";
import { type ActionStore, createActionStore } from "./actions/actions.ts";
import { createTestAction, type TestAction } from "./actions/ask-test-send.ts";
import { createDeadLetters, type DeadLetters } from "./dead-letters/dead-letters.ts";
import { createFinder } from "./dead-letters/find.ts";
import { createChanges } from "./deliveries/change.ts";
import { type Customers, createCustomers } from "./deliveries/customer-deliveries.ts";
import { createDeliveries, type Deliveries } from "./deliveries/deliveries.ts";
import { createDestinations, type Destinations } from "./destinations/destinations.ts";
import { createOwnLanes, type OwnLanes } from "./destinations/own-lanes.ts";
import { createEnqueue, type EnqueueOne } from "./enqueue/enqueue.ts";
import { createEnqueueAll, type EnqueueAll } from "./enqueue/enqueue-all.ts";
import { createEnqueueMany, type EnqueueMany } from "./enqueue/enqueue-many.ts";
import { createRouting } from "./enqueue/routing.ts";
import { createEvents, type Events } from "./events/events.ts";
import { createOutcomes, type Outcomes } from "./outcomes/outcomes.ts";
import { createRuns, type Runs } from "./runs/runs.ts";
import { createSecretStore, type SecretStore } from "./secrets/secrets.ts";
import { createSnippetStore, type SnippetStore } from "./snippets/snippets.ts";
import { type Carrier, createCarrier } from "./subscriptions/carrier.ts";
import { createDeliverCarried } from "./subscriptions/deliver-carried.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions/subscriptions.ts";
import { createTasks, type Tasks } from "./tasks/tasks.ts";
import { createTokenStore, type TokenStore } from "./tokens/token-store.ts";

export interface ProducerOptions {
  /** Redis URL. */
  readonly redis: string;
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
  /** Deliveries waiting in a lane above which enqueueMany pauses. */
  readonly backlogMax?: number;
}

export interface Producer {
  readonly actions: ActionStore;
  /** Sends an action's request once, by a worker. */
  readonly testAction: TestAction;
  readonly snippets: SnippetStore;
  readonly enqueue: EnqueueOne;
  readonly enqueueAll: EnqueueAll;
  readonly enqueueMany: EnqueueMany;
  readonly runs: Runs;
  readonly outcomes: Outcomes;
  /** What operators are told of. */
  readonly events: Events;
  readonly deliveries: Deliveries;
  readonly customers: Customers;
  readonly deadLetters: DeadLetters;
  readonly destinations: Destinations;
  readonly secrets: SecretStore;
  /** The tokens of the HTTP API. */
  readonly tokens: TokenStore;
  /** Mass work that API processes carry out. */
  readonly tasks: Tasks;
  /** Events and outcomes that are delivered as webhooks. */
  readonly subscriptions: Subscriptions;
  /** For a process that carries subscriptions. @param holder tells it from others. */
  readonly createCarrier: (holder: string) => Carrier;
  readonly lanes: LaneQueues;
  readonly ownLanes: OwnLanes;
  /** What shards share, for those that keep something of their own there. */
  readonly store: Store;
  close(): Promise<void>;
}

/**
 * Connects a producer. Every method throws PostriderError with a stable `code`; while Redis is away, at once.
 * @throws PostriderError `redis_unavailable`, `redis_evicts`, `settings_invalid`, `key_missing`.
 */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const defaults: Settings = readSettings({});
  const sealer = createSealer(toKeys(options.secretKeys ?? []));
  if (options.sealCustomers === true && !sealer.canSeal)
    throw new PostriderError("key_missing", "sealCustomers needs secretKeys");
  const redis = await connectRedis(options.redis, producerOptions);
  const keyPrefix = options.keyPrefix ?? defaults.keyPrefix;
  const shard = createShard(redis, keyPrefix);
  const store = createStore(redis, keyPrefix);
  const lanes = createLaneQueues(shard);
  const snippets = createSnippetStore(store);
  const directory = createLaneDirectory(shard);
  const actions = createActionStore(store, directory, snippets, sealer);
  const findOrigin = createActionOrigins(actions);
  const runs = createRuns({ shard, directory, lanes, findOrigin });
  const destinations = createDestinations(shard, directory);
  const finder = createFinder(shard, { findOrigin, sealer });
  const customerSealer = options.sealCustomers === true ? sealer : null;
  const kept = {
    ...defaults,
    customersKeptMs: options.customersKeptMs ?? defaults.customersKeptMs,
    outcomesKept: options.outcomesKept ?? defaults.outcomesKept,
    idempotencyWindowMs: options.idempotencyWindowMs ?? defaults.idempotencyWindowMs,
  };
  const { customersKeptMs } = kept;
  const dependencies = {
    admit: createAdmit(shard),
    lanes,
    actions,
    runs,
    routing: createRouting(directory, Date.now),
    backlogMax: options.backlogMax ?? defaults.backlogMax,
    customerSealer,
    isIndexed: customersKeptMs > 0,
  };
  const deliver = createDeliverCarried(dependencies);
  const carrying = { store, shard, actions, sealer, deliver };
  return {
    actions,
    testAction: createTestAction({ queue: createTestSendQueue(shard), actions, sealer, now: Date.now }),
    snippets,
    enqueue: createEnqueue(dependencies),
    enqueueAll: createEnqueueAll(dependencies),
    enqueueMany: createEnqueueMany(dependencies),
    runs,
    outcomes: createOutcomes(shard, sealer),
    events: createEvents(shard),
    deliveries: createDeliveries({
      ...{ shard, directory, finder, findOrigin, runs, destinations, sealer },
      changes: createChanges({ shard, withdraw: createWithdraw(shard, kept), sealer, now: Date.now }),
    }),
    customers: createCustomers({
      shard,
      index: customersKeptMs > 0 ? createCustomerIndex(shard, customersKeptMs) : null,
      finder,
      sealer,
    }),
    deadLetters: createDeadLetters({ shard, directory, actions, finder, sealer }),
    secrets: createSecretStore(store, sealer),
    tokens: createTokenStore(store, Date.now),
    tasks: createTasks(store, shard),
    subscriptions: createSubscriptions({ ...carrying, now: Date.now }),
    createCarrier: (holder) => createCarrier({ ...carrying, holder }),
    destinations,
    lanes,
    ownLanes: createOwnLanes(shard, directory),
    store,
    async close() {
      await lanes.close();
      redis.disconnect();
    },
  };
}

function toKeys(given: string | SecretKeys): SecretKeys {
  if (typeof given !== "string") return given;
  const keys = parseSecretKeys(given);
  if (!("problem" in keys)) return keys;
  throw new PostriderError("settings_invalid", `secretKeys: ${keys.problem}`);
}
