// Deliveries by a filter: listed, counted, and cancelled while they wait.

import type { Withdraw } from "@postrider/redis/scripts/withdraw";
import type { DeliveryFilter } from "@postrider/shared/delivery-filter";
import type { FindOfCustomer } from "../deliveries/customer-deliveries.ts";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import { workInTurn } from "../over-shards/work-in-turn.ts";
import { type CancelOptions, type CancelProgress, cancelDeliveries, parseCancelFilter } from "./cancel.ts";
import { createCustomerSource } from "./customer.ts";
import { createLettersSource, createOutcomesSource, type EndedDependencies } from "./ended.ts";
import {
  countDeliveries,
  type DeliveryCount,
  type DeliveryCountOptions,
  type DeliveryList,
  type DeliveryQuery,
  listDeliveries,
  type Sources,
} from "./list.ts";
import { createOpenDeliveries, type OpenDeliveries, type OpenDependencies } from "./open.ts";
import { byTime, inOrder, inTurn, type SourceOfShard } from "./sources-over-shards.ts";

export interface ByFilter {
  /**
   * Deliveries that a filter means, page by page. Looks at a bounded number of them per call.
   * @throws `filter_invalid`.
   */
  list(query?: DeliveryQuery): Promise<DeliveryList>;
  /**
   * How many a filter means: what has to be read, up to a bound.
   * @throws `filter_invalid`, `aborted`.
   */
  count(filter: DeliveryFilter, options?: DeliveryCountOptions): Promise<DeliveryCount>;
  /** How many `cancelAll` would end now. @throws as `count`. */
  countCancellable(filter: DeliveryFilter, options?: DeliveryCountOptions): Promise<DeliveryCount>;
  /** How many `cancelAll` looks at: what waits where such deliveries can be. @throws as `count`. */
  countLooked(filter: DeliveryFilter): Promise<DeliveryCount>;
  /**
   * Ends all deliveries that a filter means and that wait, with the outcome `cancelled`; `{}` means all.
   * @throws `filter_invalid`, `aborted`.
   */
  cancelAll(filter: DeliveryFilter, options?: CancelOptions): Promise<CancelProgress>;
}

/** What one shard has to tell of deliveries by a filter. */
export interface FilterParts {
  readonly sources: Sources;
  readonly countOpen: OpenDeliveries["count"];
  readonly cancelAll: ByFilter["cancelAll"];
}

export interface FilterPartsDependencies extends OpenDependencies, EndedDependencies {
  readonly withdraw: Withdraw;
  readonly findOfCustomer: FindOfCustomer;
  /** Whether there is an index of customers. */
  readonly hasIndex: boolean;
  readonly now: () => number;
}

export function createFilterParts(dependencies: FilterPartsDependencies): FilterParts {
  const open = createOpenDeliveries(dependencies);
  return {
    sources: {
      open: open.find,
      outcomes: createOutcomesSource(dependencies),
      letters: createLettersSource(dependencies),
      customer: dependencies.hasIndex ? createCustomerSource(dependencies) : null,
    },
    countOpen: open.count,
    cancelAll: (filter, options = {}) => cancelDeliveries({ ...dependencies, open }, filter, options),
  };
}

interface WithFilterParts extends ShardPart {
  readonly filterParts: FilterParts;
}

/** @param hasIndex whether there is an index of customers. */
export function createByFilter(over: OverShards<WithFilterParts>, hasIndex: boolean): ByFilter {
  const of = (name: keyof Sources) => (): SourceOfShard[] =>
    over.answering().flatMap(({ shard, filterParts }) => {
      const source = filterParts.sources[name];
      return source === null ? [] : [{ shard: shard.name, source }];
    });
  const sources: Sources = {
    open: inTurn(of("open")),
    outcomes: inOrder(of("outcomes"), byTime),
    letters: inOrder(of("letters"), byTime),
    customer: hasIndex ? inOrder(of("customer"), byTime) : null,
  };
  const countOpen: OpenDeliveries["count"] = async (filter) =>
    sum(await over.ask(({ filterParts }) => filterParts.countOpen(filter)));
  const count: ByFilter["count"] = (filter, options = {}) =>
    countDeliveries({ sources, countOpen }, filter, options);
  return {
    list: (query = {}) => listDeliveries(sources, query),
    count,
    async countCancellable(filter, options) {
      parseCancelFilter(filter);
      return await count({ ...filter, state: "waiting" }, options);
    },
    countLooked: async (filter) => ({ count: await countOpen(parseCancelFilter(filter)), isComplete: true }),
    cancelAll: (filter, options = {}) =>
      workInTurn(over, options, { cancelled: 0, inFlight: 0 }, ({ filterParts }, some) =>
        filterParts.cancelAll(filter, some),
      ),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
