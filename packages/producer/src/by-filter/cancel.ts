// Ends all deliveries that wait and that a filter means, some at once. Deliveries move from lane to lane
// while this goes on, so the lanes are walked again until a whole walk has met none.

import { asProducer } from "@postrider/redis/connect";
import {
  OPEN_PARTS,
  type OpenPage,
  PART_BEGINNING,
  type PartPlace,
  readOpenPage,
} from "@postrider/redis/open-page";
import type { Withdraw } from "@postrider/redis/scripts/withdraw";
import type { Shard } from "@postrider/redis/shard";
import type { DeliveryFilter, ParsedFilter } from "@postrider/shared/delivery-filter";
import { invalidField } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import { toWithdrawn } from "../deliveries/withdrawn.ts";
import { createPacer, type Pacer, toStepSize, type WorkOptions } from "../tasks/pace.ts";
import type { LanePart } from "./lane-parts.ts";
import { parseDeliveryFilter } from "./list.ts";
import { type OpenDeliveries, type OpenDelivery, PAGE } from "./open.ts";

export interface CancelProgress {
  /** Ended, unsent, with the outcome `cancelled`. */
  readonly cancelled: number;
  /** In flight once all that waited was ended: left alone. Counted last. */
  readonly inFlight: number;
}

export interface CancelOptions extends WorkOptions<CancelProgress> {
  /** At most so many a second; as fast as it goes unless given. */
  readonly ratePerSecond?: number | undefined;
}

export interface CancelDependencies {
  readonly shard: Shard;
  readonly open: OpenDeliveries;
  readonly withdraw: Withdraw;
  readonly sealer: Sealer;
  readonly now: () => number;
}

/** Walks, the first one included: more may arrive all the time. */
const WALKS_MAX = 5;
const STOPPED = "stopped; the rest wait still, and the same call goes on";

interface PlaceInLane extends LanePart {
  readonly place: PartPlace;
}

/** Where this is, as a later call is told. */
interface At extends PlaceInLane {
  /** From 1. */
  readonly walk: number;
  /** Whether this walk has met any before. */
  readonly hasMet: boolean;
}

/**
 * What waits has neither outcome nor reason, and nothing else can be cancelled.
 * @throws `filter_invalid`, naming every field that is wrong.
 */
export function parseCancelFilter(filter: DeliveryFilter): ParsedFilter {
  if (filter.state !== undefined && filter.state !== "waiting")
    throw invalidField("filter_invalid", "state", "must be waiting: nothing else can be cancelled");
  return parseDeliveryFilter({ ...filter, state: "waiting" });
}

/**
 * Each delivery is ended in the step that takes it out of its lane, so that none is ended twice.
 * @throws `filter_invalid`, `aborted`, `redis_unavailable`, `redis_full`.
 */
export async function cancelDeliveries(
  dependencies: CancelDependencies,
  given: DeliveryFilter,
  { ratePerSecond = Number.POSITIVE_INFINITY, onProgress, after, signal, beforeStep }: CancelOptions,
): Promise<CancelProgress> {
  const filter = parseCancelFilter(given);
  if (!(ratePerSecond > 0)) throw invalidField("filter_invalid", "ratePerSecond", "must be more than 0");
  const pacer = createPacer({ ratePerSecond, signal, beforeStep, stopped: STOPPED });
  const work: Work = { filter, pacer, size: toStepSize(ratePerSecond), ...dependencies };
  let { walk, hasMet, start } = toStart(after);
  let cancelled = 0;
  let looked = 0;
  for (let isOver = walk > WALKS_MAX; !isOver; ) {
    for await (const step of walkOnce(work, start)) {
      cancelled += step.cancelled;
      hasMet ||= step.met > 0;
      // Further walks look at the same ones.
      if (walk === 1) looked += step.looked;
      const at = { ...step.at, walk, hasMet };
      onProgress?.({ cancelled, inFlight: 0 }, { after: encodeAt(at), looked });
    }
    isOver = !hasMet || walk === WALKS_MAX;
    [walk, hasMet, start] = [walk + 1, false, null];
  }
  await pacer.untilDue(0);
  const result = { cancelled, inFlight: await countInFlight(dependencies, filter) };
  onProgress?.(result, { after: LAST, looked });
  return result;
}

interface Work extends CancelDependencies {
  readonly filter: ParsedFilter;
  readonly pacer: Pacer;
  readonly size: number;
}

interface Step {
  readonly met: number;
  readonly cancelled: number;
  readonly looked: number;
  /** Where whoever goes on does so. */
  readonly at: PlaceInLane;
}

async function* walkOnce(work: Work, start: PlaceInLane | null): AsyncGenerator<Step> {
  const { open, filter } = work;
  for (const of of await open.parts(filter, start ?? undefined)) {
    const isStart = of.lane === start?.lane && of.part === start.part;
    yield* walkPart(work, { ...of, place: isStart ? start.place : PART_BEGINNING });
  }
}

async function* walkPart(work: Work, { lane, part, place: start }: PlaceInLane): AsyncGenerator<Step> {
  const { shard, open, filter, size } = work;
  let place = start;
  for (let hasMore = true; hasMore; ) {
    const page = await readOpenPage(shard, { lane, part }, { after: place, count: PAGE });
    const gone = new Set<string>();
    for await (const { meant } of open.read(page.refs, filter))
      for (let from = 0; from < meant.length; from += size) {
        const some = meant.slice(from, from + size);
        const ended = await endThem(work, some);
        for (const id of ended) gone.add(id);
        // Whoever goes on from here reads the page again, without those.
        yield { met: some.length, cancelled: ended.length, looked: 0, at: { lane, part, place } };
      }
    place = findNext(page, part, gone) ?? place;
    ({ hasMore } = page);
    await work.pacer.untilDue(0);
    yield { met: 0, cancelled: 0, looked: page.refs.length, at: { lane, part, place } };
  }
}

/** @returns the ids of those that it ended. */
async function endThem(work: Work, some: readonly OpenDelivery[]): Promise<string[]> {
  const { pacer, withdraw, sealer, now } = work;
  await pacer.untilDue(some.length);
  const entries = some.map(({ ref: { id, lane }, delivery, enqueuedAt, attemptsMade }) =>
    toWithdrawn({ id, lane, delivery, enqueuedAt, attemptsMade }, sealer, now()),
  );
  const written = await asProducer(() => withdraw(entries));
  return some.flatMap(({ ref: { id } }, index) => (written[index] === "written" ? [id] : []));
}

/** Behind a page; null: nothing of it is left. Of a list those that were ended are before it no more. */
function findNext(
  { refs, first }: OpenPage,
  part: LanePart["part"],
  gone: ReadonlySet<string>,
): PartPlace | null {
  if (part === "delayed" || part === "prioritized") return refs.at(-1)?.place ?? null;
  const left = refs.filter(({ id }) => !gone.has(id));
  const last = left.at(-1);
  return last === undefined ? null : { at: String(first + left.length), id: last.id };
}

async function countInFlight({ shard, open }: CancelDependencies, waiting: ParsedFilter): Promise<number> {
  const filter: ParsedFilter = { ...waiting, state: "in-flight" };
  let count = 0;
  for (const of of await open.parts(filter)) {
    let place = PART_BEGINNING;
    for (let hasMore = true; hasMore; ) {
      const page = await readOpenPage(shard, of, { after: place, count: PAGE });
      for await (const { meant } of open.read(page.refs, filter)) count += meant.length;
      place = page.refs.at(-1)?.place ?? place;
      ({ hasMore } = page);
    }
  }
  return count;
}

/** Whoever goes on from here has only what is in flight to count. */
const LAST = encodeAt({
  walk: WALKS_MAX + 1,
  hasMet: false,
  lane: "",
  part: "wait",
  place: PART_BEGINNING,
});

function encodeAt({ walk, hasMet, lane, part, place }: At): string {
  return JSON.stringify([walk, hasMet, lane, part, place.at, place.id]);
}

/** @throws `filter_invalid` for a text that no earlier call has told. */
function toStart(after: string | undefined): Pick<At, "walk" | "hasMet"> & { start: PlaceInLane | null } {
  if (after === undefined) return { walk: 1, hasMet: false, start: null };
  try {
    const [walk, hasMet, lane, name, at, id] = JSON.parse(after) as Stored;
    const part = OPEN_PARTS.find((one) => one === name);
    if (part !== undefined) return { walk, hasMet, start: { lane, part, place: { at, id } } };
  } catch {
    // Falls through to the one answer for whatever is none.
  }
  throw invalidField("filter_invalid", "after", "is none that an earlier call has told");
}

type Stored = [walk: number, hasMet: boolean, lane: string, part: string, at: string, id: string];
