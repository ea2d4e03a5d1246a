// Dead letters over several shards, as one list.

import type { Position } from "@postrider/redis/letter-page";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import { workInTurn } from "../over-shards/work-in-turn.ts";
import type { WorkOptions } from "../tasks/pace.ts";
import type { Selection } from "./bulk.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type DeadLetterGroups, type DeadLetterList, type DeadLetters, LIMIT } from "./dead-letters.ts";
import { addGroups, GROUPS_MAX } from "./groups.ts";
import type { DeadLetter } from "./letter.ts";
import type { Replayed } from "./replay.ts";

interface WithDeadLetters extends ShardPart {
  readonly deadLetters: DeadLetters;
}

export function deadLettersOver(over: OverShards<WithDeadLetters>): DeadLetters {
  return {
    async list(query = {}) {
      return mergeLists(await over.ask(({ deadLetters }) => deadLetters.list(query)), query.limit ?? LIMIT);
    },
    async count(filter, options) {
      const all = await over.ask(({ deadLetters }) => deadLetters.count(filter, options));
      return {
        count: all.reduce((sum, { count }) => sum + count, 0),
        isComplete: all.every(({ isComplete }) => isComplete),
      };
    },
    groups: async (query) => mergeGroups(await over.ask(({ deadLetters }) => deadLetters.groups(query))),
    show: (id, options) =>
      over.ofDelivery(id, "dead_letter_unknown", ({ deadLetters }) => deadLetters.show(id, options)),
    replay: (selection, options = {}) =>
      inTurn(over, { selection, options, nothing: NOTHING_REPLAYED }, (deadLetters, some, pace) =>
        deadLetters.replay(some, pace),
      ),
    purge: (selection, options = {}) =>
      inTurn(over, { selection, options, nothing: { purged: 0 } }, (deadLetters, some, pace) =>
        deadLetters.purge(some, pace),
      ),
  };
}

const NOTHING_REPLAYED = { replayed: 0, hastened: 0, pending: 0, expired: 0, cancelled: 0 };

type Unknown = Pick<Replayed, "unknown">;

/** Of ids each shard is asked for those that none before it has known. */
async function inTurn<
  Progress extends { readonly [Name in keyof Progress]: number },
  Options extends WorkOptions<Progress>,
>(
  over: OverShards<WithDeadLetters>,
  {
    selection,
    options,
    nothing,
  }: { readonly selection: Selection; readonly options: Options; readonly nothing: Progress },
  work: (deadLetters: DeadLetters, selection: Selection, options: Options) => Promise<Progress & Unknown>,
): Promise<Progress & Unknown> {
  let left = "ids" in selection ? selection.ids : [];
  const counts = await workInTurn(over, options, nothing, async ({ deadLetters }, some) => {
    const result = await work(deadLetters, "ids" in selection ? { ids: left } : selection, some);
    left = result.unknown;
    return result;
  });
  return { ...counts, unknown: left };
}

/**
 * Nothing is known of a shard behind the place to which it has come: what the others have there belongs to
 * the next list. Pure.
 */
function mergeLists(lists: readonly DeadLetterList[], limit: number): DeadLetterList {
  const total = lists.reduce((sum, list) => sum + list.total, 0);
  const ends = lists.flatMap(({ cursor }) => (cursor === null ? [] : [decodeCursor(cursor)]));
  const [horizon = null] = ends.sort(newestFirst);
  const known = lists
    .flatMap(({ deadLetters }) => deadLetters)
    .filter((letter) => horizon === null || newestFirst(letter, horizon) <= 0)
    .sort(newestFirst);
  const deadLetters = known.slice(0, limit);
  const end = deadLetters.length < known.length ? (deadLetters.at(-1) ?? null) : horizon;
  return { deadLetters, total, cursor: end === null ? null : encodeCursor(toPosition(end)) };
}

function toPosition({ failedAt, id }: Position | DeadLetter): Position {
  return { failedAt, id };
}

/** As one shard's list has them. */
function newestFirst(one: Position, other: Position): number {
  return other.failedAt - one.failedAt || Buffer.compare(Buffer.from(other.id), Buffer.from(one.id));
}

function mergeGroups(all: readonly DeadLetterGroups[]): DeadLetterGroups {
  const groups = addGroups(all.flatMap((one) => one.groups));
  const beyond = groups.slice(GROUPS_MAX).reduce((sum, { count }) => sum + count, 0);
  return {
    groups: groups.slice(0, GROUPS_MAX),
    others: all.reduce((sum, { others }) => sum + others, beyond),
    scanned: all.reduce((sum, { scanned }) => sum + scanned, 0),
    isComplete: all.every(({ isComplete }) => isComplete),
  };
}
