// What became of a delivery, for as long as its idempotency window lasts.

import { keys } from "@postrider/shared/lanes";
import { decodeMark, type Outcome } from "@postrider/shared/outcome";
import { asProducer } from "@postrider/shared/redis";
import type { Redis } from "ioredis";

export interface Outcomes {
  /** The outcome of a delivery; null while it has none, and after its idempotency window. */
  get(deliveryId: string): Promise<Outcome | null>;
}

export function createOutcomes(redis: Redis): Outcomes {
  return {
    async get(deliveryId) {
      const text = await asProducer(() => redis.get(keys.outcome(deliveryId)));
      const mark = text === null ? null : decodeMark(text);
      if (mark?.kind !== "ended") return null;
      const { kind: _, ...outcome } = mark;
      return outcome;
    },
  };
}
