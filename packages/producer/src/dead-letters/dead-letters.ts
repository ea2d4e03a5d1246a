// Dead letters: deliveries that failed, kept in BullMQ's failed sets with what a person needs to judge,
// replay or forget them.

import { asProducer } from "@postrider/redis/connect";
import { countLanes } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Position } from "@postrider/redis/letter-page";
import type { Shard } from "@postrider/redis/shard";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import type { Delivery } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import type { ActionStore } from "../actions/actions.ts";
import { readAttempts } from "../deliveries/attempts.ts";
import { openDelivery } from "../deliveries/stored-delivery.ts";
import type { Selection } from "./bulk.ts";
import { type CountOptions, countMatching, type DeadLetterCount } from "./count.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type DeadLetterFilter, invalid, parseFilter } from "./filter.ts";
import type { Finder } from "./find.ts";
import { createGroups, type DeadLetterGroup, GROUPINGS, type Grouping } from "./groups.ts";
import type { DeadLetter } from "./letter.ts";
import { type Compose, composeShown, type WouldSend } from "./letter-request.ts";
import { type Purged, type PurgeOptions, purge } from "./purge.ts";
import { type Replayed, type ReplayOptions, replay } from "./replay.ts";

export interface DeadLetterQuery extends DeadLetterFilter {
  /** Whether the reader may know of a letter; absent: of all. */
  readonly isShown?: ((letter: DeadLetter) => boolean) | undefined;
  /** At most so many, 50 unless given; up to 10,000. */
  readonly limit?: number;
  /** The cursor of the list before, to go on with it. */
  readonly cursor?: string | undefined;
}

export interface DeadLetterList {
  /** Newest first. */
  readonly deadLetters: readonly DeadLetter[];
  /** Dead letters there are in all, whatever the filter. */
  readonly total: number;
  /**
   * Goes on behind these; null: there are no more. A list may be short, even empty, and have more behind it.
   */
  readonly cursor: string | null;
}

export interface DeadLetterGroups {
  /** The largest first. */
  readonly groups: readonly DeadLetterGroup[];
  /** Letters of groups beyond the first thousand. */
  readonly others: number;
  /** How many letters were looked at, newest first. */
  readonly scanned: number;
  /** Whether those were all. */
  readonly isComplete: boolean;
}

export interface DeadLetterShown extends DeadLetter, WouldSend {
  /** Null: what lay in the lane is no delivery. Sealed data are shown sealed where the key is not at hand. */
  readonly delivery: Delivery | null;
  /**
   * The latest attempts, oldest first; the last one has the last reply. None where they are sealed and the
   * key is not at hand.
   */
  readonly history: readonly AttemptRecord[];
}

export interface DeadLetters {
  /** Looks at a bounded number of letters per call. @throws `dead_letters_invalid`. */
  list(query?: DeadLetterQuery): Promise<DeadLetterList>;
  /**
   * How many a filter means: exactly for lanes and times; what has to be read, up to a bound.
   * @throws `dead_letters_invalid`, `aborted`.
   */
  count(filter: DeadLetterFilter, options?: CountOptions): Promise<DeadLetterCount>;
  /** By what they have in common. @param by reason and destination unless given. @throws as list. */
  groups(
    query?: DeadLetterFilter &
      Pick<DeadLetterQuery, "isShown"> & { by?: readonly Grouping[]; scanMax?: number },
  ): Promise<DeadLetterGroups>;
  /** One dead letter, with its attempts and the request that it would send. @throws `dead_letter_unknown`. */
  show(id: string, options?: { compose?: Compose }): Promise<DeadLetterShown>;
  /**
   * Puts dead letters back, each in one atomic step, with all their attempts again. A retry that is pending
   * is made due now instead.
   * @throws `dead_letters_invalid`, `action_unknown`, `aborted`.
   */
  replay(selection: Selection, options?: ReplayOptions): Promise<Replayed>;
  /** Forgets dead letters; their outcomes stay. @throws `dead_letters_invalid`, `aborted`. */
  purge(selection: Selection, options?: PurgeOptions): Promise<Purged>;
}

export interface DeadLettersDependencies {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly actions: ActionStore;
  readonly finder: Finder;
  readonly sealer: Sealer;
}

/** Letters of one list, unless more or fewer are asked for. */
export const LIMIT = 50;
const LIMIT_MAX = 10_000;
/** Looked at by one list; some seconds at worst. */
const SCAN_MAX = 10_000;
/** Looked at by one grouped view, unless the caller says otherwise: some ten seconds. */
const GROUPED_MAX = 100_000;
const GROUPED_BY: readonly Grouping[] = ["reason", "destination"];

export function createDeadLetters(dependencies: DeadLettersDependencies): DeadLetters {
  const { shard, actions, finder, sealer } = dependencies;
  return {
    list: (query = {}) => list(dependencies, query),
    count: (filter, options = {}) => countMatching(dependencies, filter, options),
    groups: (query = {}) => group(dependencies, query),
    async show(id, { compose } = {}) {
      const [letter] = await finder.byIds([id]);
      if (letter === undefined)
        throw new PostriderError("dead_letter_unknown", `no dead letter has the delivery id ${id}`);
      const { shown, delivery, enqueuedAt } = letter;
      const dueAt = delivery?.sendAt ?? enqueuedAt;
      const wouldSend =
        delivery === null
          ? { request: null, curl: null, problems: [{ field: "", message: "it is no delivery" }] }
          : await composeShown(delivery, { id, dueAt }, { actions, sealer, compose });
      const history = await readAttempts(shard, shown.lane, id, sealer);
      const opened = delivery === null ? null : openDelivery(delivery, sealer);
      return { ...shown, delivery: opened, history, ...wouldSend };
    },
    replay: (selection, options = {}) => replay(dependencies, selection, options),
    purge: (selection, options = {}) => purge({ finder, shard }, selection, options),
  };
}

type GroupQuery = NonNullable<Parameters<DeadLetters["groups"]>[0]>;

async function group(
  { finder }: DeadLettersDependencies,
  { by = GROUPED_BY, scanMax = GROUPED_MAX, isShown = () => true, ...filter }: GroupQuery,
): Promise<DeadLetterGroups> {
  const unknown = by.find((grouping) => !GROUPINGS.includes(grouping));
  if (unknown !== undefined || by.length === 0)
    throw invalid("by", `"${unknown ?? ""}" is none of ${GROUPINGS.join(", ")}`);
  const groups = createGroups(by);
  let scanned = 0;
  let isComplete = false;
  for await (const batch of finder.find(parseFilter(filter))) {
    for (const { shown } of batch.letters.filter((letter) => isShown(letter.shown))) groups.add(shown);
    scanned += batch.scanned;
    isComplete = batch.next === null;
    if (scanned >= scanMax) break;
  }
  return { groups: groups.groups(), others: groups.others(), scanned, isComplete };
}

async function list(
  { shard, finder }: DeadLettersDependencies,
  query: DeadLetterQuery,
): Promise<DeadLetterList> {
  const { limit = LIMIT, cursor, isShown = () => true, ...given } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalid("limit", `must be a whole number from 1 to ${LIMIT_MAX}`);
  const filter = parseFilter(given);
  const deadLetters: DeadLetter[] = [];
  let end: Position | null = null;
  let scanned = 0;
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  for await (const { letters, scanned: looked, next } of finder.find(filter, after)) {
    deadLetters.push(...letters.map(({ shown }) => shown).filter(isShown));
    scanned += looked;
    end = deadLetters.length > limit ? (deadLetters[limit - 1] ?? null) : next;
    if (deadLetters.length >= limit || scanned >= SCAN_MAX) break;
  }
  const total = await countAll(shard, filter.lane === null ? await finder.homes() : [filter.lane]);
  return {
    deadLetters: deadLetters.slice(0, limit),
    total,
    cursor: end === null ? null : encodeCursor(end),
  };
}

async function countAll(shard: Shard, lanes: readonly string[]): Promise<number> {
  const counts = await asProducer(() => countLanes(shard, lanes));
  return [...counts.values()].reduce((sum, { deadLetters }) => sum + deadLetters, 0);
}
