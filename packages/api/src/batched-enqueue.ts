// Single deliveries of different requests that come at about the same moment enter Redis together: one look
// at the action, one transaction, instead of one for each.

import type { DeliveryOrder, Enqueued } from "@postrider/producer/enqueue/enqueue";
import type { EnqueueAll } from "@postrider/producer/enqueue/enqueue-all";
import { createBatch } from "@postrider/redis/batch";
import type { PostriderError } from "@postrider/shared/errors";

/** A chunk of the producer's. */
const BATCH_MAX = 250;

/** The delivery, or why it is not taken in. @throws `redis_unavailable`, `redis_full`. */
export type BatchedEnqueue = (order: DeliveryOrder) => Promise<Enqueued | PostriderError>;

export function createBatchedEnqueue(enqueueAll: EnqueueAll): BatchedEnqueue {
  return createBatch<DeliveryOrder, Enqueued | PostriderError>(async (orders) => {
    const { ids, isDuplicate, rejected } = await enqueueAll(orders, { onInvalid: "skip" });
    const errors = new Map(rejected.map(({ index, error }) => [index, error]));
    return ids.map(
      (id, index) => errors.get(index) ?? { id: id ?? "", isDuplicate: isDuplicate[index] === true },
    );
  }, BATCH_MAX);
}
