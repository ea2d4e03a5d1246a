// What became of deliveries: the outcome of one, and all of them as they come, for readers that hand them on.

import { asProducer } from "@postrider/redis/connect";
import type { ReaderGroup } from "@postrider/redis/reader-groups";
import type { Shard } from "@postrider/redis/shard";
import { outcomeStream } from "@postrider/redis/told-streams";
import { decodeMark, type Outcome } from "@postrider/shared/outcome";
import { type DeliveryOutcome, openOutcome, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import {
  createReader,
  type Read,
  type ReaderOptions,
  type ReadPage,
  type ReadQuery,
} from "../reading/reader.ts";

/** An outcome, and the place behind it. */
export type ReadOutcome = Read<DeliveryOutcome>;

export interface OutcomePage extends Omit<ReadPage<DeliveryOutcome>, "entries"> {
  readonly outcomes: readonly ReadOutcome[];
}

export type OutcomeQuery = ReadQuery;

export interface Outcomes {
  /**
   * All outcomes, as they come, each at least once, those of one delivery in their order. One counts as read
   * when the next one is asked for. Waits for more; ends with the signal.
   * @throws `outcomes_invalid`, `outcomes_missed`.
   */
  (options: ReaderOptions): AsyncIterableIterator<ReadOutcome>;
  /** The outcome of a delivery; null while it has none, and after its idempotency window. */
  get(deliveryId: string): Promise<Outcome | null>;
  /**
   * Outcomes behind a cursor, oldest first, without waiting for any.
   * @throws `outcomes_invalid`, `outcomes_held` where another reader reads for the group.
   */
  read(query?: OutcomeQuery): Promise<OutcomePage>;
  /** The groups, and how far each is. */
  groups(): Promise<ReaderGroup[]>;
  /** Forgets a group. @throws `outcomes_unknown`. */
  removeGroup(group: string): Promise<void>;
}

export function createOutcomes(shard: Shard, sealer: Sealer): Outcomes {
  const reader = createReader<StoredOutcome, DeliveryOutcome>(shard, {
    kind: "outcomes",
    stream: outcomeStream(shard.keys),
    decode: (stored, at) => openOutcome(stored, at, sealer),
  });
  return Object.assign((options: ReaderOptions) => reader.follow(options), {
    async get(deliveryId: string) {
      const text = await asProducer(() => shard.redis.get(shard.keys.outcome(deliveryId)));
      const mark = text === null ? null : decodeMark(text);
      if (mark?.kind !== "ended") return null;
      const { kind: _, ...outcome } = mark;
      return outcome;
    },
    async read(query: OutcomeQuery = {}) {
      const { entries: outcomes, ...page } = await reader.read(query);
      return { outcomes, ...page };
    },
    groups: reader.groups,
    removeGroup: reader.removeGroup,
  });
}
