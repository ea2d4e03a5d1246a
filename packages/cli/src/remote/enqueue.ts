// Enqueueing a run through the API. What a producer would refuse of a customer is refused here, before it is
// sent, so that it ends the enqueueing at the same customer.

import { toAdmitted } from "@postrider/producer/enqueue/enqueue";
import { checkRunOrder } from "@postrider/producer/enqueue/order";
import { type Customer, parseRunId } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import type { Service } from "../service.ts";
import type { Remote } from "./told-as-ours.ts";

type Order = Parameters<Service["enqueueMany"]>[0];

export function createEnqueueMany({ sendCustomers }: Remote): Service["enqueueMany"] {
  return async ({ customers, onProgress, signal, ...order }) => {
    checkRunOrder({ ...order, customers });
    const run = parseRunId(order.run);
    try {
      const sent = await sendCustomers({
        ...order,
        run,
        customers: checked({ ...order, customers }),
        signal,
        onProgress: (progress) => onProgress?.(progress),
      });
      const { action, enqueued, duplicates, recovered, rejected, rejectedLines } = sent;
      const [first] = rejectedLines;
      // Whoever goes on past bad customers has put them aside before they came here.
      if (rejected > 0)
        throw new PostriderError(
          "customer_invalid",
          `${rejected} customers cannot be enqueued; the first is customer ${first?.line}: ${first?.message}`,
        );
      return { run, action, enqueued, duplicates, recovered };
    } catch (error) {
      if (signal?.aborted !== true || error !== signal.reason) throw error;
      throw new PostriderError("aborted", "enqueueing was aborted; the same run again goes on", {
        cause: error,
      });
    }
  };
}

/** @throws `customer_invalid` at the customer for whom a producer would. */
async function* checked(order: Pick<Order, "customers" | "action" | "run" | "event" | "values">) {
  const { action, run, event, values } = order;
  const frame = { action, run, ...(event && { event }), ...(values && { values }) };
  for await (const customer of order.customers as AsyncIterable<Customer>) {
    toAdmitted(customer, frame, { customerSealer: null, isIndexed: false });
    yield customer;
  }
}
