// What a producer has of each shard, made once for each that it has to do with: what reads there, and what
// changes something there. What all shards share is handed in.

import { createCanaryTurns } from "@postrider/redis/canary-turns";
import { createCustomerIndex } from "@postrider/redis/customer-index";
import { createFigures } from "@postrider/redis/figures";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { createLaneQueues } from "@postrider/redis/lane-queues";
import { createRollUps } from "@postrider/redis/roll-ups";
import { createAdmit } from "@postrider/redis/scripts/admit";
import { createWithdraw } from "@postrider/redis/scripts/withdraw";
import type { Shard, Store } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import type { Sealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import type { FindActionOrigin } from "./actions/action-origins.ts";
import type { ActionStore } from "./actions/actions.ts";
import { createFilterParts } from "./by-filter/by-filter.ts";
import { createDeadLetters } from "./dead-letters/dead-letters.ts";
import { createFinder } from "./dead-letters/find.ts";
import { createChanges } from "./deliveries/change.ts";
import { createFindOfCustomer } from "./deliveries/customer-deliveries.ts";
import { createShardDeliveries } from "./deliveries/deliveries.ts";
import { createDestinations, type Destinations } from "./destinations/destinations.ts";
import { createOwnLanes } from "./destinations/own-lanes.ts";
import { createRouting } from "./enqueue/routing.ts";
import type { Way } from "./enqueue/ways.ts";
import { createShardEvents } from "./events/events.ts";
import { countEnqueued, countWithdrawn } from "./metrics/count-for-charts.ts";
import type { TakenInCount } from "./metrics/taken-in.ts";
import { createShardOutcomes } from "./outcomes/outcomes.ts";
import { createShardOverview } from "./overview/overview.ts";
import { createRunParts } from "./runs/run-parts.ts";
import type { Runs } from "./runs/runs.ts";

/** What all shards of a producer share. */
export interface SharedParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly actions: ActionStore;
  readonly findOrigin: FindActionOrigin;
  /** What is kept in Redis, and for how long. */
  readonly kept: Settings;
  readonly count: TakenInCount;
  /** Over all shards. */
  readonly runs: Pick<Runs, "get">;
  readonly destinations: Pick<Destinations, "show">;
}

export type ShardProducer = ReturnType<typeof createShardProducer>;

export function createShardProducer(shard: Shard, shared: SharedParts) {
  const { store, sealer, findOrigin, kept } = shared;
  const directory = createLaneDirectory(shard);
  const lanes = createLaneQueues(shard);
  const rollUps = createRollUps(shard, kept, directory.now);
  const finder = createFinder(shard, { findOrigin, sealer });
  const index = kept.customersKeptMs > 0 ? createCustomerIndex(shard, kept.customersKeptMs) : null;
  const findOfCustomer = createFindOfCustomer({ shard, index, finder, sealer });
  const destinations = createDestinations(shard, directory);
  const withdraw = countWithdrawn(createWithdraw(shard, kept), rollUps);
  const parts = { ...shared, shard, directory, lanes, finder, findOfCustomer, now: Date.now, withdraw };
  const way: Way = {
    ...{ shard, lanes },
    routing: createRouting(directory, Date.now),
    admit: shared.count(countEnqueued(createAdmit(shard), rollUps)),
  };
  return {
    ...{ shard, directory, lanes, way, findOfCustomer, destinations },
    runParts: createRunParts(parts),
    filterParts: createFilterParts({ ...parts, hasIndex: index !== null }),
    deliveries: createShardDeliveries({ ...parts, changes: createChanges(parts) }),
    deadLetters: createDeadLetters(parts),
    outcomes: createShardOutcomes(shard, sealer),
    events: createShardEvents(shard),
    overview: createShardOverview(parts),
    ownLanes: createOwnLanes(shard, directory),
    figures: createFigures({ shard, store, directory, lanes: kept.lanes }),
    canary: createCanaryTurns(shard),
    testSends: createTestSendQueue(shard),
    async close(): Promise<void> {
      await Promise.all([lanes.close(), rollUps.close()]);
    },
  };
}
