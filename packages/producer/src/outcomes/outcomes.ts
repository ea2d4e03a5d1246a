// What became of deliveries: the outcome of one, and all of them as they come, for readers that hand them on.

import { asProducer } from "@postrider/redis/connect";
import type { ReaderGroup } from "@postrider/redis/reader-groups";
import type { Shard } from "@postrider/redis/shard";
import { outcomeStream } from "@postrider/redis/told-streams";
import { decodeMark, type Outcome } from "@postrider/shared/outcome";
import { type DeliveryOutcome, openOutcome, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import {
  createReader,
  type Read,
  type ReaderOptions,
  type ReadPage,
  type ReadQuery,
  type StreamReader,
} from "../reading/reader.ts";
import { readerOver } from "../reading/reader-over-shards.ts";

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

/** What one shard's outcomes are read by. */
export interface OutcomesOfShard {
  readonly reader: StreamReader<DeliveryOutcome>;
  readonly get: Outcomes["get"];
}

export function createShardOutcomes(shard: Shard, sealer: Sealer): OutcomesOfShard {
  return {
    reader: createReader<StoredOutcome, DeliveryOutcome>(shard, {
      kind: "outcomes",
      stream: outcomeStream(shard.keys),
      decode: (stored, at) => openOutcome(stored, at, sealer),
    }),
    async get(deliveryId) {
      const text = await asProducer(() => shard.redis.get(shard.keys.outcome(deliveryId)));
      const mark = text === null ? null : decodeMark(text);
      if (mark?.kind !== "ended") return null;
      const { kind: _, ...outcome } = mark;
      return outcome;
    },
  };
}

interface WithOutcomes extends ShardPart {
  readonly outcomes: OutcomesOfShard;
}

export function createOutcomes(over: OverShards<WithOutcomes>): Outcomes {
  const reader = readerOver("outcomes", over, ({ outcomes }) => outcomes.reader);
  return Object.assign((options: ReaderOptions) => reader.follow(options), {
    get: (deliveryId: string) => over.whereKnown(deliveryId, ({ outcomes }) => outcomes.get(deliveryId)),
    async read(query: OutcomeQuery = {}) {
      const { entries: outcomes, from: _, ...page } = await reader.read(query);
      return { outcomes, ...page };
    },
    groups: reader.groups,
    removeGroup: reader.removeGroup,
  });
}
