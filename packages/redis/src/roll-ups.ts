// What a process counts for the charts: added up in memory, by minute, and every few seconds added to the
// roll-ups that all processes share. Charts only: a process that is killed takes with it what it has not
// flushed, at most some seconds.

import { randomUUID } from "node:crypto";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";
import { MINUTE_MS, ROLL_UP_DIMENSIONS, type RollUpDimension } from "@postrider/shared/roll-up";
import {
  addCell,
  bucketOf,
  busyness,
  type Cell,
  COUNT_PLACES,
  emptyCell,
  encodeCell,
  TIME_PLACES,
} from "./roll-up-cells.ts";
import {
  createAddRollUps,
  type RollUpGroup,
  type RollUpLimits,
  type RollUpPortion,
  UNNAMED,
} from "./scripts/add-roll-ups.ts";
import type { Shard } from "./shard.ts";
import { within } from "./within.ts";

/** How often what was counted is added to Redis, and with that what a killed process loses at most. */
export const ROLL_UPS_FLUSH_MS = 5_000;
/** What charts still lack at the end is worth a short wait, and no longer one. */
const LAST_FLUSH_MS = 1_000;

/** Names that a process counts within a minute, by each dimension, before it knows the busiest. */
const NAMES_HELD_MAX = 1_000;
/** Longer names cost too much of Redis, and are counted without them. */
const NAME_CHARS_MAX = 128;
/** Minutes that wait for a Redis that takes nothing; beyond it the oldest go. */
const MINUTES_HELD_MAX = 15;
/** Keeps one script under a millisecond or so, lest claims wait behind it. */
const CELLS_PER_SCRIPT = 25;

/** Something that happened to deliveries of one action. */
export interface Happened {
  /** `id@version`; null: not known. */
  readonly action: string | null;
  readonly destination: string | null;
  /** The shared lane, or the own lane's kind. */
  readonly lane: string;
  readonly run: string | null;
  /** Why it has ended or is tried again. */
  readonly reason: Reason | null;
  readonly enqueued: number;
  /** How long the exchange took; null: there was none. */
  readonly sendMs: number | null;
  readonly outcome: OutcomeKind | null;
  readonly isRetry: boolean;
  /** From when it was due to its end, where it was delivered. */
  readonly latencyMs: number | null;
}

export interface RollUps {
  /** Counts what happened just now. In memory; costs about a microsecond. */
  add(happened: Happened): void;
  /**
   * Adds what was counted to Redis. What Redis does not take stays here, and is added by a later call, once.
   */
  flush(): Promise<void>;
  /** Flushes for the last time, or gives up where Redis does not answer soon. */
  close(): Promise<unknown>;
}

const NONE: RollUps = {
  add: () => undefined,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Cells by name, for each dimension in the order of their list. */
type Minute = readonly Map<string, Cell>[];

/** @param now Unix ms, by a clock that all processes share. */
export function createRollUps(shard: Shard, limits: RollUpLimits, now: () => number): RollUps {
  if (limits.rollUpsMinutesKeptMs === 0) return NONE;
  const send = createAddRollUps(shard, randomUUID(), limits);
  const minutes = new Map<number, Minute>();
  const unsent: RollUpPortion[] = [];
  let numbered = 0;

  const openMinute = (): Minute => {
    const at = Math.floor(now() / MINUTE_MS);
    const known = minutes.get(at);
    if (known !== undefined) return known;
    const opened: Minute = ROLL_UP_DIMENSIONS.map(() => new Map());
    minutes.set(at, opened);
    const [oldest = at] = minutes.keys();
    if (minutes.size > MINUTES_HELD_MAX) minutes.delete(oldest);
    return opened;
  };
  const sendAll = async (): Promise<void> => {
    for (;;) {
      if (unsent.length === 0) {
        for (const groups of toPortions(minutes, limits.rollUpsNamesMax))
          unsent.push({ number: ++numbered, groups });
        minutes.clear();
      }
      const [portion] = unsent;
      if (portion === undefined) return;
      await send(portion);
      unsent.shift();
    }
  };
  let flushing: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => (flushing = flushing.then(sendAll, sendAll));
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch(plan);
    }, ROLL_UPS_FLUSH_MS).unref();
  };
  return {
    add(happened) {
      if (isNothing(happened)) return;
      plan();
      const minute = openMinute();
      const buckets = toBuckets(happened);
      for (let index = 0; index < minute.length; index++) {
        const name = nameOf(happened, ROLL_UP_DIMENSIONS[index] ?? "total");
        const cells = minute[index];
        if (name !== null && cells !== undefined) count(cellOf(cells, name), happened, buckets);
      }
    },
    flush,
    close() {
      clearTimeout(timer);
      return within(LAST_FLUSH_MS, flush());
    },
  };
}

function isNothing({ enqueued, sendMs, outcome, isRetry }: Happened): boolean {
  return enqueued === 0 && sendMs === null && outcome === null && !isRetry;
}

/** Null: it is not counted by that. */
function nameOf(happened: Happened, dimension: RollUpDimension): string | null {
  if (dimension === "total") return UNNAMED;
  if (dimension !== "action") return happened[dimension];
  const { action } = happened;
  return action === null ? null : action.slice(0, Math.max(0, action.indexOf("@")));
}

function cellOf(cells: Map<string, Cell>, name: string): Cell {
  const known = cells.get(name);
  if (known !== undefined) return known;
  if (name !== UNNAMED && (name.length > NAME_CHARS_MAX || cells.size >= NAMES_HELD_MAX))
    return cellOf(cells, UNNAMED);
  const made = emptyCell();
  cells.set(name, made);
  return made;
}

interface Buckets {
  readonly send: number | null;
  readonly latency: number | null;
}

function toBuckets({ sendMs, latencyMs }: Happened): Buckets {
  return {
    send: sendMs === null ? null : bucketOf("send", sendMs),
    latency: latencyMs === null ? null : bucketOf("latency", latencyMs),
  };
}

function count(cell: Cell, { enqueued, sendMs, outcome, isRetry, latencyMs }: Happened, at: Buckets): void {
  if (enqueued > 0) increase(cell, COUNT_PLACES.enqueued, enqueued);
  if (outcome !== null) increase(cell, COUNT_PLACES[outcome], 1);
  if (isRetry) increase(cell, COUNT_PLACES.retries, 1);
  if (sendMs !== null && at.send !== null) {
    increase(cell, COUNT_PLACES.attempts, 1);
    increase(cell, TIME_PLACES.send.sum, sendMs);
    increase(cell, at.send, 1);
  }
  if (latencyMs !== null && at.latency !== null) {
    increase(cell, TIME_PLACES.latency.sum, Math.max(0, latencyMs));
    increase(cell, at.latency, 1);
  }
}

function increase(cell: Cell, place: number, by: number): void {
  cell[place] = (cell[place] ?? 0) + by;
}

/** All that was counted, in groups that one script each adds. */
function toPortions(minutes: ReadonlyMap<number, Minute>, namesMax: number): RollUpGroup[][] {
  const portions: RollUpGroup[][] = [];
  let room = 0;
  for (const [minute, dimensions] of minutes)
    for (const [index, held] of dimensions.entries()) {
      const dimension = ROLL_UP_DIMENSIONS[index] ?? "total";
      const cells = toBusiest(held, namesMax).map(([name, cell]) => [name, encodeCell(cell)] as const);
      for (let from = 0; from < cells.length; ) {
        if (room === 0) {
          portions.push([]);
          room = CELLS_PER_SCRIPT;
        }
        const taken = cells.slice(from, from + room);
        portions.at(-1)?.push({ minute, dimension, cells: taken });
        from += taken.length;
        room -= taken.length;
      }
    }
  return portions;
}

/** The busiest names first, since the first ones stay; those beyond the most are one without a name. */
function toBusiest(held: ReadonlyMap<string, Cell>, namesMax: number): [name: string, Cell][] {
  const ranked = [...held]
    .filter(([name]) => name !== UNNAMED)
    .sort(([, one], [, other]) => busyness(other) - busyness(one));
  const rest = [held.get(UNNAMED), ...ranked.slice(namesMax).map(([, cell]) => cell)];
  const sum = emptyCell();
  for (const cell of rest) if (cell !== undefined) addCell(sum, cell);
  const isThere = rest.some((cell) => cell !== undefined);
  return [...ranked.slice(0, namesMax), ...(isThere ? [[UNNAMED, sum] as [string, Cell]] : [])];
}
