// What became of a delivery, for as long as its idempotency window lasts.

import { asProducer } from "@postrider/redis/connect";
import type { Shard } from "@postrider/redis/shard";
import { decodeMark, type Outcome } from "@postrider/shared/outcome";

export interface Outcomes {
  /** The outcome of a delivery; null while it has none, and after its idempotency window. */
  get(deliveryId: string): Promise<Outcome | null>;
}

export function createOutcomes(shard: Shard): Outcomes {
  return {
    async get(deliveryId) {
      const text = await asProducer(() => shard.redis.get(shard.keys.outcome(deliveryId)));
      const mark = text === null ? null : decodeMark(text);
      if (mark?.kind !== "ended") return null;
      const { kind: _, ...outcome } = mark;
      return outcome;
    },
  };
}
