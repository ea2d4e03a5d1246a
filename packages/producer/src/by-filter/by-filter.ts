// Deliveries by a filter: listed, counted, and cancelled while they wait.

import type { Withdraw } from "@postrider/redis/scripts/withdraw";
import type { DeliveryFilter } from "@postrider/shared/delivery-filter";
import type { FindOfCustomer } from "../deliveries/customer-deliveries.ts";
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
} from "./list.ts";
import { createOpenDeliveries, type OpenDependencies } from "./open.ts";

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

export interface ByFilterDependencies extends OpenDependencies, EndedDependencies {
  readonly withdraw: Withdraw;
  readonly findOfCustomer: FindOfCustomer;
  /** Whether there is an index of customers. */
  readonly hasIndex: boolean;
  readonly now: () => number;
}

export function createByFilter(dependencies: ByFilterDependencies): ByFilter {
  const open = createOpenDeliveries(dependencies);
  const sources = {
    open: open.find,
    outcomes: createOutcomesSource(dependencies),
    letters: createLettersSource(dependencies),
    customer: dependencies.hasIndex ? createCustomerSource(dependencies) : null,
  };
  const count: ByFilter["count"] = (filter, options = {}) =>
    countDeliveries({ sources, countOpen: open.count }, filter, options);
  return {
    list: (query = {}) => listDeliveries(sources, query),
    count,
    async countCancellable(filter, options) {
      parseCancelFilter(filter);
      return await count({ ...filter, state: "waiting" }, options);
    },
    countLooked: async (filter) => ({ count: await open.count(parseCancelFilter(filter)), isComplete: true }),
    cancelAll: (filter, options = {}) => cancelDeliveries({ ...dependencies, open }, filter, options),
  };
}
