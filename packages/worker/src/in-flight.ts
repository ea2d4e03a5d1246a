// What this process has in flight, by lane and destination: who crowds others out of a lane, and how many
// slots of it are stuck with destinations that have a lane of their own by now. In memory only.

import { isForMany, isOwnLane } from "@postrider/shared/lanes";
import {
  findCrowders,
  holdsTooMany,
  isSlow,
  type LaneLoad,
  leastPatience,
  noteEnd,
} from "./destinations/fair-share.ts";

/** Shares of arrivals are those of the last one to two of these. */
const WINDOW_MS = 5_000;
/** Lanes whose latest claim is remembered: many more than a process serves. */
const LAST_CLAIMS_MAX = 10_000;
/** The load of a lane that this process does not serve, or not yet. */
const UNSERVED = Number.POSITIVE_INFINITY;

export interface InFlight {
  /** A claim, until it is settled. */
  enter(lane: string, isRetry: boolean): void;
  leave(lane: string, isRetry: boolean): void;
  count(lane: string): number;
  /** The number of a lane's latest claim, of all claims of this process; 0: none that it remembers. */
  lastClaim(lane: string): number;
  retries(lane: string): number;
  /**
   * An exchange with a destination, until its end, which says how long the answer took; null: there was none.
   */
  begin(lane: string, origin: string): void;
  end(lane: string, origin: string, tookMs: number | null): void;
  /** How many a lane may have in flight now; what it had before is forgotten. */
  setSlots(lane: string, slots: number): void;
  /** The lane is not served any more; what is still in flight goes on being counted. */
  forgetSlots(lane: string): void;
  /** The lanes in which something is in flight, or may be. */
  lanes(): string[];
  /** Whether a lane's deliveries go to more than one destination, as far as this process can tell. */
  isMixed(lane: string): boolean;
  /** Others were found waiting behind the one destination that has been met in the lane. */
  setMixed(lane: string): void;
  /**
   * The destination that jams a lane in which nobody else has been met, as of the latest look for crowders;
   * null: none.
   */
  findLone(lane: string): string | null;
  /** Whether a destination crowds others out of a lane. */
  isCrowding(lane: string, origin: string): boolean;
  /**
   * The destinations that hang in a lane while others go on, or that jam it. To be asked a few times a
   * second.
   */
  findCrowders(lane: string): string[];
  /** The lanes of single destinations that are too slow for what goes through the lanes of many here. */
  findSlow(): string[];
  /** Slots of a lane that are held by exchanges with some destinations. */
  heldBy(lane: string, isMeant: (origin: string) => boolean): number;
}

export function createInFlight(now: () => number): InFlight {
  const lanes = new Map<string, LaneLoad>();
  const lastClaims = createLastClaims();
  const of = (lane: string): LaneLoad => {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const made = newLoad(lane, now());
    lanes.set(lane, made);
    return made;
  };
  const usualPatienceMs = (): number | null =>
    leastPatience([...lanes].filter(([lane]) => isForMany(lane)).map(([, load]) => load));

  return {
    enter(lane, isRetry) {
      const load = of(lane);
      load.inFlight += 1;
      lastClaims.note(lane);
      if (isRetry) load.retries += 1;
    },
    leave(lane, isRetry) {
      const load = of(lane);
      load.inFlight -= 1;
      if (isRetry) load.retries -= 1;
      // Own lanes come and go; of one that is idle for a moment and still served all stays known.
      if (isOwnLane(lane) && load.inFlight === 0 && load.slots === UNSERVED) lanes.delete(lane);
    },
    lastClaim: lastClaims.of,
    count: (lane) => lanes.get(lane)?.inFlight ?? 0,
    retries: (lane) => lanes.get(lane)?.retries ?? 0,
    begin(lane, origin) {
      const load = of(lane);
      if (now() - load.rotatedAt >= WINDOW_MS) rotate(load, now());
      let share = load.shares.get(origin);
      if (share === undefined) {
        share = { slots: 0, arrivals: 0, before: 0, movedAt: 0 };
        load.shares.set(origin, share);
        load.isMixed ||= load.shares.size > 1;
      }
      if (share.slots === 0) share.movedAt = now();
      share.slots += 1;
      share.arrivals += 1;
      load.arrivals += 1;
    },
    end(lane, origin, tookMs) {
      const load = lanes.get(lane);
      if (load !== undefined) noteEnd(load, load.shares.get(origin), tookMs, now());
    },
    setSlots(lane, slots) {
      of(lane).slots = slots;
    },
    forgetSlots(lane) {
      const load = lanes.get(lane);
      if (load?.inFlight === 0) lanes.delete(lane);
      else if (load !== undefined) load.slots = UNSERVED;
    },
    lanes: () => [...lanes.keys()],
    isMixed: (lane) => lanes.get(lane)?.isMixed === true,
    setMixed(lane) {
      const load = lanes.get(lane);
      if (load !== undefined) load.isMixed = true;
    },
    findLone: (lane) => lanes.get(lane)?.lone ?? null,
    isCrowding(lane, origin) {
      const load = lanes.get(lane);
      const share = load?.shares.get(origin);
      return load !== undefined && share !== undefined && holdsTooMany(load, share);
    },
    findCrowders(lane) {
      const load = lanes.get(lane);
      return load === undefined ? [] : findCrowders(load, now(), usualPatienceMs);
    },
    findSlow() {
      const patienceMs = usualPatienceMs();
      if (patienceMs === null) return [];
      return [...lanes]
        .filter(([lane, load]) => !isForMany(lane) && isSlow(load, patienceMs, now()))
        .map(([lane]) => lane);
    },
    heldBy(lane, isMeant) {
      let held = 0;
      for (const [origin, { slots }] of lanes.get(lane)?.shares ?? []) if (isMeant(origin)) held += slots;
      return held;
    },
  };
}

function newLoad(lane: string, at: number): LaneLoad {
  return {
    inFlight: 0,
    retries: 0,
    slots: UNSERVED,
    ends: 0,
    endsBefore: 0,
    freeAt: at,
    endedAt: at,
    typicalLog: null,
    shares: new Map(),
    stuck: new Set(),
    isMixed: !isOwnLane(lane),
    lone: null,
    arrivals: 0,
    before: 0,
    rotatedAt: at,
  };
}

/** The number of each lane's latest claim, of the lanes that were claimed from last. */
function createLastClaims() {
  // In the order of the claims.
  const claims = new Map<string, number>();
  let count = 0;
  let latest = "";
  return {
    of: (lane: string): number => claims.get(lane) ?? 0,
    note(lane: string): void {
      count += 1;
      if (lane !== latest) claims.delete(lane);
      latest = lane;
      claims.set(lane, count);
      if (claims.size > LAST_CLAIMS_MAX) claims.delete(claims.keys().next().value ?? "");
    },
  };
}

function rotate(load: LaneLoad, at: number): void {
  load.rotatedAt = at;
  load.before = load.arrivals;
  load.arrivals = 0;
  for (const [origin, share] of load.shares) {
    if (share.slots <= 0 && share.arrivals === 0) load.shares.delete(origin);
    share.before = share.arrivals;
    share.arrivals = 0;
  }
}
