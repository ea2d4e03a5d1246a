// Reads roll-ups as series: what was counted in each step of a time, by name.

import {
  COUNTED,
  type Counted,
  HOUR_MS,
  type Measure,
  MINUTE_MS,
  type RollUpDimension,
  type Timed,
  type TimeSummary,
} from "@postrider/shared/roll-up";
import { readRedisClock } from "./redis-clock.ts";
import { readReplies } from "./replies.ts";
import {
  addCell,
  busyness,
  type Cell,
  COUNT_PLACES,
  decodeCell,
  emptyCell,
  endedOf,
  meanOf,
  quantileOf,
} from "./roll-up-cells.ts";
import { UNNAMED } from "./scripts/add-roll-ups.ts";
import type { Shard } from "./shard.ts";

export interface SeriesQuery {
  readonly measures: readonly Measure[];
  readonly by: RollUpDimension;
  /** Only these; absent: the busiest, and the rest together. */
  readonly names?: readonly string[] | undefined;
  /** How many names are told apart where none are given. */
  readonly namesMax: number;
  /** All of them together, as one series without a name. */
  readonly isSummed?: boolean;
  /** Unix ms, a multiple of the step. */
  readonly from: number;
  /** Unix ms, the end of the last step. */
  readonly to: number;
  /** Whole minutes. */
  readonly stepMs: number;
  /** What is read: whole hours are cheaper, where there are any. */
  readonly unit: "minute" | "hour";
}

export interface Series {
  readonly measure: Measure;
  /** Empty where nothing has a name: the total, and the rest. */
  readonly name: string;
  /** One per step: a count; or ms, null where nothing was timed. */
  readonly points: readonly (number | null)[];
}

/** Reads so many hashes at once. */
const HASHES_PER_TRIP = 100;

/** Cells of a name by the step that they are of. */
type Steps = Map<number, Cell>;

/** What was read for series, by name: of one shard, or of several together. */
export type NamedSteps = ReadonlyMap<string, Steps>;

/**
 * The series of each measure, the busiest names first, the rest last. @param shards what was read of each.
 */
export function toSeries(shards: readonly NamedSteps[], query: SeriesQuery): Series[] {
  const { measures, from, to, stepMs } = query;
  const named = fold(addUp(shards), query);
  const steps = Array.from({ length: Math.ceil((to - from) / stepMs) }, (_, step) => step);
  return measures.flatMap((measure) =>
    named.map(([name, cells]) => ({
      measure,
      name,
      points: steps.map((step) => toValue(measure, cells.get(step) ?? EMPTY)),
    })),
  );
}

const EMPTY = emptyCell();

/** The first one's cells are the sum's own from then on. */
function addUp([first = new Map<string, Steps>(), ...others]: readonly NamedSteps[]): NamedSteps {
  const sum = new Map(first);
  for (const other of others)
    for (const [name, steps] of other)
      sum.set(name, sumUp([...(sum.has(name) ? [sum.get(name) as Steps] : []), steps]));
  return sum;
}

/** Reads all that is asked for, added up by step. */
export async function readCells(shard: Shard, query: SeriesQuery): Promise<NamedSteps> {
  const { by, names, from, to, stepMs, unit } = query;
  const unitMs = unit === "hour" ? HOUR_MS : MINUTE_MS;
  const end = Math.ceil(to / unitMs);
  const asked = by === "total" ? [UNNAMED] : names;
  const found = new Map<string, Steps>(asked?.map((name) => [name, new Map()]));
  if (asked?.length === 0) return found;
  for (let first = Math.floor(from / unitMs); first < end; first += HASHES_PER_TRIP) {
    const hashes = await readHashes(shard, {
      unit,
      by,
      first,
      end: Math.min(end, first + HASHES_PER_TRIP),
      asked,
    });
    for (const [index, texts] of hashes.entries()) {
      const step = Math.floor(((first + index) * unitMs - from) / stepMs);
      for (const [name, text] of texts) addTo(found, name, step, decodeCell(text));
    }
  }
  return found;
}

type Texts = readonly (readonly [name: string, text: string])[];

interface HashesAsked extends Pick<SeriesQuery, "unit" | "by"> {
  readonly first: number;
  readonly end: number;
  /** Absent: all names. */
  readonly asked: readonly string[] | undefined;
}

async function readHashes(
  { redis, keys }: Shard,
  { unit, by, first, end, asked }: HashesAsked,
): Promise<Texts[]> {
  const pipeline = redis.pipeline();
  for (let at = first; at < end; at++) {
    const key = keys.rollUp(unit, at, by);
    if (asked === undefined) pipeline.hgetall(key);
    else pipeline.hmget(key, ...asked);
  }
  return readReplies(await pipeline.exec()).map((reply) => toTexts(reply, asked));
}

function toTexts(reply: unknown, asked: readonly string[] | undefined): Texts {
  if (asked === undefined) return Object.entries(reply as Record<string, string>);
  return (reply as (string | null)[]).flatMap((text, index) =>
    text === null ? [] : [[asked[index] ?? UNNAMED, text]],
  );
}

function addTo(found: Map<string, Steps>, name: string, step: number, cell: Cell): void {
  const steps = found.get(name) ?? new Map<number, Cell>();
  found.set(name, steps);
  add(steps, step, cell);
}

/** The busiest names as they are, and all others in one. */
function fold(
  found: ReadonlyMap<string, Steps>,
  { by, names, namesMax, isSummed }: SeriesQuery,
): (readonly [name: string, Steps])[] {
  if (isSummed === true) return [[UNNAMED, sumUp([...found.values()])]];
  if (by === "total" || names !== undefined) return [...found];
  const sums = new Map([...found].map(([name, steps]) => [name, sumOf(steps)]));
  const ranked = [...found]
    .filter(([name]) => name !== UNNAMED)
    .sort(([one], [other]) => (sums.get(other) ?? 0) - (sums.get(one) ?? 0));
  const unnamed = found.get(UNNAMED);
  const beyond = ranked.slice(namesMax).map(([, steps]) => steps);
  const rest = unnamed === undefined ? beyond : [unnamed, ...beyond];
  if (rest.length === 0) return ranked;
  return [...ranked.slice(0, namesMax), [UNNAMED, sumUp(rest)]];
}

function sumUp(all: readonly Steps[]): Steps {
  const sum: Steps = new Map();
  for (const steps of all) for (const [step, cell] of steps) add(sum, step, cell);
  return sum;
}

/** @param cell is the sum's own from now on where it is its first. */
function add(to: Steps, step: number, cell: Cell): void {
  const there = to.get(step);
  if (there === undefined) to.set(step, cell);
  else addCell(there, cell);
}

function sumOf(steps: Steps): number {
  return [...steps.values()].reduce((sum, cell) => sum + busyness(cell), 0);
}

const QUANTILES: Readonly<Record<Exclude<TimeSummary, "mean">, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

function toValue(measure: Measure, cell: Cell): number | null {
  if (measure === "ended") return endedOf(cell);
  if (isCounted(measure)) return cell[COUNT_PLACES[measure]] ?? 0;
  const [timed, summary] = measure.split("_") as [Timed, TimeSummary];
  const ms = summary === "mean" ? meanOf(cell, timed) : quantileOf(cell, timed, QUANTILES[summary]);
  return ms === null ? null : Math.round(ms);
}

function isCounted(measure: Measure): measure is Counted {
  return (COUNTED as readonly string[]).includes(measure);
}

/** How deliveries of an action ended lately. */
export interface EndedLately {
  readonly ended: number;
  readonly failed: number;
}

/**
 * How the deliveries of each action ended in this minute, by Redis' clock, and those before it. What a worker
 * has counted is here within some seconds; actions beyond the most that are told apart are not.
 * @param minutes how many, at most as many as are kept.
 */
export async function recentByAction(shard: Shard, minutes: number): Promise<Map<string, EndedLately>> {
  const to = (Math.floor((await readRedisClock(shard)) / MINUTE_MS) + 1) * MINUTE_MS;
  const from = to - minutes * MINUTE_MS;
  const unit = "minute";
  const query = { measures: [], by: "action", namesMax: 0, from, to, stepMs: to - from, unit } as const;
  const found = [...(await readCells(shard, query))].filter(([action]) => action !== UNNAMED);
  return new Map(
    found.map(([action, steps]) => {
      const cell = steps.get(0) ?? EMPTY;
      return [action, { ended: endedOf(cell), failed: toValue("failed", cell) ?? 0 }];
    }),
  );
}
