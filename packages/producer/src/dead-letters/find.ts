// Finds the dead letters that a filter means, in batches of bounded size: a million may lie there, and each
// may be half a megabyte.

import { asProducer } from "@postrider/redis/connect";
import { readSharedLanes } from "@postrider/redis/counts";
import { findLetters, readReasons } from "@postrider/redis/jobs";
import { type LetterRef, type Page, type Position, readPage, startAt } from "@postrider/redis/letter-page";
import type { Shard } from "@postrider/redis/shard";
import { toDeliveryId, toRunTag } from "@postrider/shared/delivery";
import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import { DEFAULT_LANES } from "@postrider/shared/lanes";
import { isMeant } from "../by-filter/matches.ts";
import { type Letter, type LetterReading, readLetters } from "./letter.ts";

/** Ids are short: a page is some 60 KB, and Redis reads it in under a millisecond. */
const PAGE_LETTERS = 1_000;
/** At once in memory: 100 of the largest deliveries and replies are some 60 MB, of usual ones some 200 KB. */
const LETTERS_AT_ONCE = 100;

export interface Batch {
  readonly letters: readonly Letter[];
  /** How many were looked at for it. */
  readonly scanned: number;
  /** Where the next one begins; null after the last one. */
  readonly next: Position | null;
}

export interface Finder {
  /** The shared lanes whose failed sets can hold dead letters. */
  homes(): Promise<string[]>;
  /** Newest first. Whoever has enough stops pulling. */
  find(filter: ParsedFilter, after?: Position): AsyncGenerator<Batch>;
  /** Those of these ids that are dead letters. */
  byIds(ids: readonly string[]): Promise<Letter[]>;
}

export function createFinder(shard: Shard, reading: LetterReading): Finder {
  const read: Read = (refs) => readLetters(shard, refs, reading);
  const homes = async (): Promise<string[]> => {
    const used = await asProducer(() => readSharedLanes(shard));
    return [...new Set([...DEFAULT_LANES, ...used])];
  };

  return {
    homes,
    async *find(filter, after = startAt(filter.to)) {
      const lanes = filter.lane === null ? await homes() : [filter.lane];
      for (let at: Position | null = after; at !== null; ) {
        const { refs, next } = await readPage(shard, lanes, {
          after: at,
          from: filter.from,
          count: PAGE_LETTERS,
        });
        const likely = await sift(shard, refs, filter);
        yield* readChunks(read, { refs, next, likely }, (letter) => matches(letter, filter));
        at = next;
      }
    },
    async byIds(ids) {
      const lanes = await homes();
      const refs: LetterRef[] = [];
      for (const lane of lanes) {
        refs.push(...(await asProducer(() => findLetters(shard, lane, ids))));
      }
      return read(refs);
    },
  };
}

type Read = (refs: readonly LetterRef[]) => Promise<Letter[]>;

/** The letters of a page, some at once; the last batch ends where the page does. */
async function* readChunks(
  read: Read,
  { refs, next, likely }: Page & { readonly likely: readonly LetterRef[] },
  isMeant: (letter: Letter) => boolean,
): AsyncGenerator<Batch> {
  let looked = 0;
  for (let index = 0; index === 0 || index < likely.length; index += LETTERS_AT_ONCE) {
    const chunk = likely.slice(index, index + LETTERS_AT_ONCE);
    const letters = await read(chunk);
    const isLast = index + LETTERS_AT_ONCE >= likely.length;
    const end = isLast ? next : (chunk.at(-1) ?? null);
    const lookedNow = isLast || end === null ? refs.length : refs.indexOf(end as LetterRef) + 1;
    yield { letters: letters.filter(isMeant), scanned: lookedNow - looked, next: end };
    looked = lookedNow;
  }
}

/**
 * Drops what can be told without reading whole deliveries: the run by the id, and its customer; the reason by
 * one short field.
 */
async function sift(
  shard: Shard,
  refs: readonly LetterRef[],
  { run, customer, reason }: ParsedFilter,
): Promise<readonly LetterRef[]> {
  const ofRun = run === null ? refs : ofOneRun(refs, run, customer);
  if (reason === null || ofRun.length === 0) return ofRun;
  const reasons = await asProducer(() => readReasons(shard, ofRun));
  return ofRun.filter((_, index) => reasons[index] === reason);
}

/** A run's deliveries have ids that their customers give. */
function ofOneRun(refs: readonly LetterRef[], run: string, customer: string | null): readonly LetterRef[] {
  const beginning = customer === null ? `${toRunTag(run)}.` : toDeliveryId({ run, customerId: customer });
  return refs.filter(({ id }) => id.startsWith(beginning));
}

function matches({ shown, delivery }: Letter, filter: ParsedFilter): boolean {
  const { lane, failedAt } = shown;
  return isMeant(
    { ...shown, labels: delivery?.labels ?? [], home: lane, outcome: "failed", at: failedAt },
    filter,
  );
}
