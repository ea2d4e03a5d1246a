// What became of a delivery, for as long as its idempotency window lasts.

import { keys } from "@postrider/shared/lanes";
import { decodeOutcome, type Outcome } from "@postrider/shared/outcome";
import { asProducer } from "@postrider/shared/redis";
import type { Redis } from "ioredis";

export interface Outcomes {
  /** The outcome of a delivery; null while it has none, and after its idempotency window. */
  get(deliveryId: string): Promise<Outcome | null>;
}

export function createOutcomes(redis: Redis): Outcomes {
  return {
    async get(deliveryId) {
      const mark = await asProducer(() => redis.get(keys.outcome(deliveryId)));
      return mark === null ? null : decodeOutcome(mark);
    },
  };
}
