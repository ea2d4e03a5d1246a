// Explains one delivery: where it is, what its attempts met and why that led where it did, and what comes
// next.

import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { RunState } from "@postrider/redis/run-state";
import type { Shard } from "@postrider/redis/shard";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { homeOf } from "@postrider/shared/delivery";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { Outcome } from "@postrider/shared/outcome";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import type { ActionStore } from "../actions/actions.ts";
import type { ByFilter } from "../by-filter/by-filter.ts";
import type { Finder } from "../dead-letters/find.ts";
import type { Destination, Destinations } from "../destinations/destinations.ts";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { Runs } from "../runs/runs.ts";
import { readAttempts } from "./attempts.ts";
import type { Changes } from "./change.ts";
import { createDeliveryRequest } from "./delivery-request.ts";
import { explainNext, explainVerdict, type Next } from "./explain.ts";
import { type DeliveryState, type Located, locate } from "./locate.ts";
import { openDelivery, toCustomerId } from "./stored-delivery.ts";

export interface ExplainedAttempt extends AttemptRecord {
  /** Why the verdict followed. */
  readonly rule: string;
}

export interface DeliveryShown {
  readonly id: string;
  readonly state: DeliveryState;
  /** Where it lies; null once it has ended. */
  readonly lane: string | null;
  /** The shared lane in which it began; null where it is kept no more. */
  readonly home: string | null;
  /** How it ended; null while it is open. */
  readonly outcome: Outcome | null;
  /** `id@version`; null where nothing of it but the outcome is kept. */
  readonly action: string | null;
  /** Empty where the customer is sealed and the key is not at hand; null where it is kept no more. */
  readonly customerId: string | number | null;
  readonly run: { readonly run: string; readonly state: RunState } | null;
  /** Where it goes, as far as its attempts or the action's URL tell. */
  readonly destination: Destination | null;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number | null;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
  readonly expiresAt: number | null;
  /** What its requests carry as Idempotency-Key. */
  readonly idempotencyKey: string;
  /** The latest ones, oldest first; kept while it is open or a dead letter. */
  readonly attempts: readonly ExplainedAttempt[];
  readonly next: Next;
}

export interface Deliveries extends Changes, ByFilter {
  /** @throws `delivery_unknown`. */
  show(id: string): Promise<DeliveryShown>;
  /** The request of its next attempt, credentials masked. @throws `delivery_unknown`. */
  readonly request: ReturnType<typeof createDeliveryRequest>;
}

/** What one shard knows of its deliveries. */
export type DeliveriesOfShard = Changes & Pick<Deliveries, "show" | "request">;

interface WithDeliveries extends ShardPart {
  readonly deliveries: DeliveriesOfShard;
}

export function createDeliveries(over: OverShards<WithDeliveries>, byFilter: ByFilter): Deliveries {
  const inIts = <Result>(id: string, work: (deliveries: DeliveriesOfShard) => Promise<Result>) =>
    over.ofDelivery(id, "delivery_unknown", ({ deliveries }) => work(deliveries));
  return {
    ...byFilter,
    cancel: (id) => inIts(id, (deliveries) => deliveries.cancel(id)),
    changeTimes: (id, changes) => inIts(id, (deliveries) => deliveries.changeTimes(id, changes)),
    show: (id) => inIts(id, (deliveries) => deliveries.show(id)),
    request: (id, options) => inIts(id, (deliveries) => deliveries.request(id, options)),
  };
}

export interface DeliveriesDependencies {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly actions: ActionStore;
  readonly finder: Finder;
  readonly findOrigin: FindActionOrigin;
  /** Over all shards, as all that is shown of a run or destination. */
  readonly runs: Pick<Runs, "get">;
  readonly destinations: Pick<Destinations, "show">;
  readonly sealer: Sealer;
  readonly changes: Changes;
}

export function createShardDeliveries(dependencies: DeliveriesDependencies): DeliveriesOfShard {
  const { shard, directory, finder, sealer } = dependencies;
  return {
    ...dependencies.changes,
    request: createDeliveryRequest(dependencies),
    async show(id) {
      await asProducer(() => directory.refresh());
      const located = await locate(shard, finder, id);
      if (located === null)
        throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
      const { lane, delivery } = located;
      const attempts = lane === null ? [] : await readAttempts(shard, lane, id, sealer);
      const run = delivery?.run === undefined ? null : await findRun(dependencies, delivery.run);
      const destination = await findDestination(dependencies, located, attempts);
      return {
        id,
        ...toFacts(located, sealer),
        idempotencyKey: delivery?.key ?? id,
        run,
        destination,
        attempts: attempts.map((attempt) => ({ ...attempt, rule: explainVerdict(attempt) })),
        next: explainNext(located, { run, destination, now: directory.now() }),
      };
    },
  };
}

function toFacts({ state, lane, outcome, delivery, enqueuedAt, dueAt }: Located, sealer: Sealer) {
  return {
    state,
    lane,
    home: delivery === null ? null : homeOf(delivery),
    outcome,
    action: delivery?.action ?? null,
    customerId: delivery === null ? null : toCustomerId(openDelivery(delivery, sealer)),
    enqueuedAt,
    dueAt,
    expiresAt: delivery?.expiresAt ?? null,
  };
}

/** A run is forgotten some time after its last enqueue, a delivery of it perhaps not. */
async function findRun({ runs }: DeliveriesDependencies, run: string): Promise<DeliveryShown["run"]> {
  try {
    return { run, state: (await runs.get(run)).state };
  } catch (error) {
    if (hasCode(error, "run_unknown")) return { run, state: "running" };
    throw error;
  }
}

async function findDestination(
  { directory, findOrigin, destinations }: DeliveriesDependencies,
  { lane, delivery }: Located,
  attempts: readonly AttemptRecord[],
): Promise<Destination | null> {
  const met = attempts.findLast(({ destination }) => destination !== null)?.destination;
  const entry = lane === null ? undefined : directory.get(lane);
  const ofLane = entry?.kind === "destination" ? entry.of : undefined;
  const origin = ofLane ?? met ?? (delivery === null ? null : await findOrigin(delivery.action));
  return origin === null ? null : destinations.show(origin);
}
