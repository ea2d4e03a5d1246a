// The producer library: what a campaign engine holds to save actions, enqueue deliveries and read what became of them.

import { createLaneDirectory } from "@postrider/shared/lane-directory";
import { connectRedis, producerOptions } from "@postrider/shared/redis";
import { readSettings, type Settings } from "@postrider/shared/settings";
import { type ActionStore, createActionStore } from "./actions.ts";
import { createAdmit } from "./admit.ts";
import { createDeadLetters, type DeadLetters } from "./dead-letters.ts";
import { createDestinations, type Destinations } from "./destinations.ts";
import { createEnqueue, type EnqueueOne } from "./enqueue.ts";
import { createEnqueueMany, type EnqueueMany } from "./enqueue-many.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { createOutcomes, type Outcomes } from "./outcomes.ts";
import { createRouting } from "./routing.ts";
import { createRuns, type Runs } from "./runs.ts";
import { createSnippetStore, type SnippetStore } from "./snippets.ts";

export interface ProducerOptions {
  /** Redis URL. */
  readonly redis: string;
  /** Deliveries waiting in a lane above which enqueueMany pauses. */
  readonly backlogMax?: number;
}

export interface Producer {
  readonly actions: ActionStore;
  readonly snippets: SnippetStore;
  readonly enqueue: EnqueueOne;
  readonly enqueueMany: EnqueueMany;
  readonly runs: Runs;
  readonly outcomes: Outcomes;
  readonly deadLetters: DeadLetters;
  readonly destinations: Destinations;
  readonly lanes: Lanes;
  close(): Promise<void>;
}

/**
 * Connects a producer. Every method throws PostriderError with a stable `code`; while Redis is away, at once.
 * @throws PostriderError `redis_unavailable`, `redis_evicts`.
 */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const defaults: Settings = readSettings({});
  const redis = await connectRedis(options.redis, producerOptions);
  const lanes = createLanes(redis);
  const snippets = createSnippetStore(redis);
  const actions = createActionStore(redis, snippets);
  const directory = createLaneDirectory(redis);
  const runs = createRuns(redis, directory, lanes);
  const dependencies = {
    admit: createAdmit(redis),
    lanes,
    actions,
    runs,
    routing: createRouting(directory, Date.now),
    backlogMax: options.backlogMax ?? defaults.backlogMax,
  };
  return {
    actions,
    snippets,
    enqueue: createEnqueue(dependencies),
    enqueueMany: createEnqueueMany(dependencies),
    runs,
    outcomes: createOutcomes(redis),
    deadLetters: createDeadLetters(redis, lanes),
    destinations: createDestinations(redis, directory),
    lanes,
    async close() {
      await lanes.close();
      redis.disconnect();
    },
  };
}
