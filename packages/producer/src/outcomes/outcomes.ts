// What became of deliveries: the outcome of one, and all of them as they come, for readers that hand them on.

import { asProducer } from "@postrider/redis/connect";
import {
  listOutcomeGroups,
  type OutcomeGroup,
  removeOutcomeGroup,
  timeOf,
} from "@postrider/redis/outcome-groups";
import { createAcknowledgeOutcomes } from "@postrider/redis/scripts/acknowledge-outcomes";
import { createReadOutcomes, type PlacedOutcome } from "@postrider/redis/scripts/read-outcomes";
import type { Shard } from "@postrider/redis/shard";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { decodeMark, type Outcome } from "@postrider/shared/outcome";
import { type DeliveryOutcome, openOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import { follow } from "./follow.ts";
import { checkOutcomeGroup, parseOutcomeCursor, toOutcomeCursor } from "./outcome-cursor.ts";
import { readPage } from "./page.ts";

/** An outcome, and the place behind it. */
export interface ReadOutcome extends DeliveryOutcome {
  /** To go on behind it. */
  readonly cursor: string;
}

export interface OutcomePage {
  readonly outcomes: readonly ReadOutcome[];
  /** To ask for those behind them. */
  readonly after: string;
  /** Outcomes that are gone, unread, between the cursor and these; null: some, and nobody knows how many. */
  readonly missed: number | null;
}

export interface OutcomeQuery {
  /** A cursor; absent: from the oldest that is kept, or where the group is. */
  readonly after?: string;
  /** At most so many. */
  readonly limit?: number;
  /** Where one begins who has neither cursor nor group yet: `oldest` (what is kept), unless said. */
  readonly start?: "oldest" | "newest";
  /** Notes how far the group is: with `after`, that all up to there are done with. */
  readonly group?: string;
}

export interface ReaderOptions {
  /** Its readers share one place: whoever comes after a reader that is gone goes on where it was. */
  readonly group: string;
  /** Where a group begins that is new: `oldest` (what is kept), or `newest` (what is yet to come). */
  readonly start?: "oldest" | "newest";
  /** Told when outcomes are gone unread (null: nobody knows how many); without it that is an error. */
  readonly onMissed?: (missed: number | null) => void;
  readonly signal?: AbortSignal;
}

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
  groups(): Promise<OutcomeGroup[]>;
  /** Forgets a group. @throws `outcomes_unknown`. */
  removeGroup(group: string): Promise<void>;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

export function createOutcomes(shard: Shard, sealer: Sealer): Outcomes {
  const read = createReadOutcomes(shard);
  const acknowledge = createAcknowledgeOutcomes(shard);
  const toRead = ({ id, stored }: PlacedOutcome): ReadOutcome => ({
    cursor: toOutcomeCursor(shard.name, id),
    ...openOutcome(stored, timeOf(id), sealer),
  });
  async function* readAll({ group, start = "oldest", onMissed, signal }: ReaderOptions) {
    checkOutcomeGroup(group);
    for await (const outcome of follow({ group, start, onMissed, signal }, { read, acknowledge }))
      yield toRead(outcome);
  }
  return Object.assign(readAll, {
    async get(deliveryId: string) {
      const text = await asProducer(() => shard.redis.get(shard.keys.outcome(deliveryId)));
      const mark = text === null ? null : decodeMark(text);
      if (mark?.kind !== "ended") return null;
      const { kind: _, ...outcome } = mark;
      return outcome;
    },
    async read({ after, limit = LIMIT_DEFAULT, group, start = "oldest" }: OutcomeQuery = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw invalidLimit();
      if (group !== undefined) checkOutcomeGroup(group);
      const from = after === undefined ? "" : parseOutcomeCursor(shard.name, after);
      const reader = group === undefined ? null : { group, reader: "page", holdMs: 0 };
      const page = await asProducer(async () => {
        const found = await readPage(read, { from, limit, reader, start });
        if (found !== null && reader !== null) await acknowledge(found.from, reader);
        return found;
      });
      if (page === null) throw held(group ?? "");
      const { outcomes, missed } = page;
      return { outcomes: outcomes.map(toRead), after: toOutcomeCursor(shard.name, page.after), missed };
    },
    groups: () => asProducer(() => listOutcomeGroups(shard)),
    async removeGroup(group: string) {
      checkOutcomeGroup(group);
      if (await asProducer(() => removeOutcomeGroup(shard, group))) return;
      throw new PostriderError("outcomes_unknown", `no group "${group}" reads outcomes`);
    },
  });
}

function held(group: string): PostriderError {
  return new PostriderError(
    "outcomes_held",
    `another reader reads for the group ${group}; wait until it is gone, or read for a group of your own`,
  );
}

function invalidLimit(): PostriderError {
  return invalidField("outcomes_invalid", "limit", `must be a whole number from 1 to ${LIMIT_MAX}`);
}
