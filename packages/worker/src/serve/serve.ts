// The lanes that this process serves right now: the shared ones always, own lanes as the registry says. An
// own lane that may not run, or has nothing to do, is not even looked at, so that a million deliveries behind
// a dead API cost nothing while they wait.

import { countLanes } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import { isForMany } from "@postrider/shared/lanes";
import { isRunnable, type OwnLane, rateOf } from "@postrider/shared/own-lane";
import type { InFlight } from "../in-flight.ts";
import type { OwnLaneCounts } from "../record/metrics.ts";
import { createAskSlots } from "./ask-slots.ts";
import { assignLanes } from "./assign.ts";
import type { LaneWorker } from "./lane-worker.ts";
import type { ShardSlots } from "./slots.ts";
import { createWork } from "./work.ts";

/**
 * How many may wait in a destination's lane without a rate: what a run adds in half a second at full speed.
 */
const FED_MAX = 5_000;
/** How many may wait in one with a rate: the requests of two seconds, and never too few to choose from. */
const FED_SECONDS = 2;
const FED_MIN = 100;
/**
 * What only moves deliveries is fast, and must not make others late for the moment at which they are sent.
 */
const FEEDER_SLOTS = 10;
/** Where there is not room for all lanes, each gets its turn. */
const EPOCH_MS = 30_000;
/**
 * A lane of many destinations gets back the slots that those with a lane of their own still hold in it, up to
 * this many times its own.
 */
const LENT_MAX = 4;

export interface ServingOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly inFlight: InFlight;
  readonly sharedLanes: readonly string[];
  readonly concurrency: number;
  readonly ownLanesMax: number;
  readonly inFlightMax: number;
  /** This shard's part in the process' slots. */
  readonly parts: ShardSlots;
  /** This process, and those that showed a sign of life lately. */
  readonly self: string;
  readonly processes: () => readonly string[];
  /** Begins to serve a lane. */
  readonly start: (lane: string, slots: number) => LaneWorker;
}

export interface Serving {
  /** Starts and stops serving as the registry says now. */
  adjust(): Promise<void>;
  /** All lanes served here, and how many each may have in flight. */
  slots(): ReadonlyMap<string, number>;
  counts(): OwnLaneCounts;
  /** Stops claiming in all lanes; resolves when nothing is in flight any more. */
  close(): Promise<void>;
}

export function createServing(options: ServingOptions): Serving {
  const { directory, sharedLanes, concurrency, inFlight, self, parts } = options;
  const serving = new Map<string, LaneWorker>();
  const stopping = new Set<Promise<void>>();
  const work = createWork(options.shard);
  const lanesMax = (): number => parts.evenPart(options.ownLanesMax);
  let unserved = 0;
  let heldUp = 0;
  let isClosed = false;

  const stop = (lane: string, worker: LaneWorker): void => {
    serving.delete(lane);
    parts.forget(lane);
    inFlight.forgetSlots(lane);
    const stopped: Promise<void> = worker
      .close()
      .catch(() => undefined)
      .finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };
  const assign = remember(
    (lanes: readonly string[], epoch: number) =>
      assignLanes(lanes, options.processes(), self, lanesMax(), epoch),
    (lanes, epoch) => [lanesMax(), epoch, ...options.processes(), ...lanes].join(" "),
  );
  const ask = createAskSlots({ ...options, slotsOf: (lane) => serving.get(lane)?.slots() });
  /**
   * A lane's slots, and those on top that destinations hold there which have been led out into a lane of
   * their own.
   */
  const grant = (lane: string, own: number): void => {
    const lent = Math.min(ask.heldInVain(lane), own * LENT_MAX);
    const worker = serving.get(lane);
    if (worker === undefined) serving.set(lane, options.start(lane, own + lent));
    else worker.setSlots(own + lent);
    inFlight.setSlots(lane, own + lent);
  };
  const change = (mine: ReadonlySet<string>): void => {
    for (const [lane, worker] of serving)
      if (!mine.has(lane) && !sharedLanes.includes(lane)) stop(lane, worker);
    const inFlightMax = ask.forOwnLanes([...serving.keys()].filter((lane) => !sharedLanes.includes(lane)));
    const part = shareOut(mine, { inFlightMax, concurrency: parts.evenPart(concurrency) });
    for (const lane of mine) grant(lane, Math.min(part(lane), toSlots(lane, directory, ask.forLane(lane))));
    for (const lane of sharedLanes) grant(lane, ask.forLane(lane));
  };
  for (const lane of sharedLanes) grant(lane, ask.forLane(lane));

  return {
    async adjust() {
      const candidates = directory.all().filter(isRunnable);
      const lanes = candidates.map(({ lane }) => lane);
      const found = new Set(await work.find(lanes, directory.now()));
      const working = candidates.filter(({ lane }) => found.has(lane));
      const full = await findFull(options.shard, working);
      const wanted = working.filter((entry) => isFed(entry, directory, full)).map(({ lane }) => lane);
      heldUp = working.length - wanted.length;
      if (isClosed) return;
      const assigned = assign(wanted.sort(), Math.floor(directory.now() / EPOCH_MS));
      ({ unserved } = assigned);
      change(new Set(assigned.mine));
    },
    slots: () => new Map([...serving].map(([lane, worker]) => [lane, worker.slots()])),
    counts: () => ({
      served: serving.size - sharedLanes.length,
      servedMax: lanesMax(),
      unserved,
      heldUp,
    }),
    async close() {
      isClosed = true;
      parts.leave();
      for (const [lane, worker] of serving) stop(lane, worker);
      await Promise.all(stopping);
    },
  };
}

/**
 * How many slots each own lane may have of all that there are. Lanes of many destinations and those of single
 * ones have half of them each, and what one half has no use for: fifty destinations that hang must not leave
 * a run a fiftieth of the slots.
 */
export function shareOut(
  lanes: ReadonlySet<string>,
  { inFlightMax, concurrency }: Pick<ServingOptions, "inFlightMax" | "concurrency">,
): (lane: string) => number {
  const ofMany = [...lanes].filter(isForMany).length;
  const ofOne = lanes.size - ofMany;
  const forMany = Math.min(
    ofMany * concurrency,
    Math.max(inFlightMax / 2, inFlightMax - ofOne * concurrency),
  );
  const perLane = (slots: number, count: number): number =>
    Math.max(1, Math.floor(slots / Math.max(1, count)));
  const [many, one] = [perLane(forMany, ofMany), perLane(inFlightMax - forMany, ofOne)];
  return (lane) => (isForMany(lane) ? many : one);
}

/**
 * Whether a run's lane may go on: not while the lane of the destination that it feeds is held up or has
 * enough to choose from, because a million deliveries would be moved there only to wait.
 */
function isFed(entry: OwnLane, directory: LaneDirectory, full: ReadonlySet<string>): boolean {
  if (entry.destination === undefined || entry.isCancelled === true) return true;
  const destination = directory.get(entry.destination);
  return destination === undefined || (isRunnable(destination) && !full.has(destination.lane));
}

/**
 * From a run's lane nothing is sent where its destination has a rate: what it holds goes to that one's lane.
 */
function toSlots(lane: string, directory: LaneDirectory, concurrency: number): number {
  const entry = directory.get(lane);
  const destination = directory.get(entry?.destination ?? "");
  const isFeeder =
    destination !== undefined && rateOf(destination) !== undefined && entry?.isCancelled !== true;
  return isFeeder ? Math.min(concurrency, FEEDER_SLOTS) : concurrency;
}

/** The destinations' lanes that runs feed and that have enough waiting. */
async function findFull(shard: Shard, entries: readonly OwnLane[]): Promise<ReadonlySet<string>> {
  const fed = new Set(entries.map(({ destination }) => destination));
  const lanes = entries.filter(({ lane }) => fed.has(lane));
  const counts = await countLanes(
    shard,
    lanes.map(({ lane }) => lane),
  );
  const isFull = (entry: OwnLane): boolean => (counts.get(entry.lane)?.waiting ?? 0) >= roomOf(entry);
  return new Set(lanes.filter(isFull).map(({ lane }) => lane));
}

function roomOf(entry: OwnLane): number {
  const rate = rateOf(entry);
  return rate === undefined ? FED_MAX : Math.max(FED_MIN, rate * FED_SECONDS);
}

/**
 * A function that keeps its latest answer: the same question comes twice a second, and answering it may take
 * thousands of hashes.
 */
function remember<A extends readonly unknown[], R>(
  answer: (...question: A) => R,
  toKey: (...question: A) => string,
): (...question: A) => R {
  let kept: { readonly key: string; readonly answer: R } | undefined;
  return (...question) => {
    const key = toKey(...question);
    if (kept?.key !== key) kept = { key, answer: answer(...question) };
    return kept.answer;
  };
}
