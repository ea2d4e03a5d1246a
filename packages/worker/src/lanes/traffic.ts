// What this process has in flight, by lane and destination: whether one destination holds more slots than its share of the arrivals
// explains, and how many slots of a lane are stuck with destinations that have a lane of their own by now. In memory only.

import { isOwnLane } from "@postrider/shared/lanes";

/** Shares of arrivals are those of the last one to two of these. */
const WINDOW_MS = 5_000;
/** A lane's slots are as good as all taken from here on: what one destination holds too many of is missing to the others soon. */
const BUSY_SHARE = 0.5;
/** Beyond its due share, a tenth of the lane's slots is a crowd; fewer than five of them are chance. */
const CROWD_SHARE = 0.1;
const CROWD_MIN = 5;
/** All slots taken for so long, and fewer ends in that time than slots: whoever holds the most of them is too slow to share them. */
const JAM_MS = 1_000;

/** Lanes whose latest claim is remembered: many more than a process serves. */
const LAST_CLAIMS_MAX = 10_000;

export interface Traffic {
  /** A claim, until it is settled. */
  enter(lane: string, isRetry: boolean): void;
  leave(lane: string, isRetry: boolean): void;
  inFlight(lane: string): number;
  /** The number of a lane's latest claim, of all claims of this process; 0: none that it remembers. */
  lastClaim(lane: string): number;
  retries(lane: string): number;
  /** An exchange with a destination, until its end. */
  begin(lane: string, origin: string): void;
  end(lane: string, origin: string): void;
  /** How many a lane may have in flight now; what it had before is forgotten. */
  setSlots(lane: string, slots: number): void;
  /** Whether a destination crowds others out of a lane. */
  isCrowding(lane: string, origin: string): boolean;
  /** The destination that jams a lane, as when it hangs and nobody else gets as far as to be seen; null where none does. */
  findJam(lane: string): string | null;
  /** Slots of a lane that are held by exchanges with some destinations. */
  heldBy(lane: string, isMeant: (origin: string) => boolean): number;
}

interface Share {
  slots: number;
  arrivals: number;
  before: number;
}

interface LaneTraffic {
  inFlight: number;
  retries: number;
  slots: number;
  /** Exchanges that ended, and how many had when it was last seen with a free slot or a fair turnover, and when that was. */
  ends: number;
  endsBefore: number;
  freeAt: number;
  readonly shares: Map<string, Share>;
  arrivals: number;
  before: number;
  rotatedAt: number;
}

export function createTraffic(now: () => number): Traffic {
  const lanes = new Map<string, LaneTraffic>();
  const lastClaims = createLastClaims();
  const of = (lane: string): LaneTraffic => {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const made: LaneTraffic = {
      inFlight: 0,
      retries: 0,
      slots: Number.POSITIVE_INFINITY,
      ends: 0,
      endsBefore: 0,
      freeAt: now(),
      shares: new Map(),
      arrivals: 0,
      before: 0,
      rotatedAt: now(),
    };
    lanes.set(lane, made);
    return made;
  };

  return {
    enter(lane, isRetry) {
      const traffic = of(lane);
      traffic.inFlight += 1;
      lastClaims.note(lane);
      if (isRetry) traffic.retries += 1;
    },
    leave(lane, isRetry) {
      const traffic = of(lane);
      traffic.inFlight -= 1;
      if (isRetry) traffic.retries -= 1;
      // Own lanes come and go; what was known of one that is idle is of no use.
      if (isOwnLane(lane) && traffic.inFlight === 0) lanes.delete(lane);
    },
    lastClaim: lastClaims.of,
    inFlight: (lane) => lanes.get(lane)?.inFlight ?? 0,
    retries: (lane) => lanes.get(lane)?.retries ?? 0,
    begin(lane, origin) {
      const traffic = of(lane);
      if (now() - traffic.rotatedAt >= WINDOW_MS) rotate(traffic, now());
      const share = traffic.shares.get(origin) ?? { slots: 0, arrivals: 0, before: 0 };
      traffic.shares.set(origin, share);
      share.slots += 1;
      share.arrivals += 1;
      traffic.arrivals += 1;
    },
    end(lane, origin) {
      const traffic = lanes.get(lane);
      const share = traffic?.shares.get(origin);
      if (traffic !== undefined) traffic.ends += 1;
      if (share !== undefined) share.slots -= 1;
    },
    setSlots(lane, slots) {
      of(lane).slots = slots;
    },
    isCrowding(lane, origin) {
      const traffic = lanes.get(lane);
      const share = traffic?.shares.get(origin);
      if (traffic === undefined || share === undefined) return false;
      if (traffic.inFlight < traffic.slots * BUSY_SHARE) return false;
      const due = (share.arrivals + share.before) / (traffic.arrivals + traffic.before);
      const excess = share.slots - due * traffic.inFlight;
      return excess >= Math.max(CROWD_MIN, traffic.slots * CROWD_SHARE);
    },
    findJam(lane) {
      const traffic = lanes.get(lane);
      return traffic !== undefined && isJammed(traffic, now()) ? holderOfMost(traffic) : null;
    },
    heldBy(lane, isMeant) {
      let held = 0;
      for (const [origin, { slots }] of lanes.get(lane)?.shares ?? []) if (isMeant(origin)) held += slots;
      return held;
    },
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

function isJammed(traffic: LaneTraffic, at: number): boolean {
  const isFair = traffic.ends - traffic.endsBefore >= traffic.slots;
  if (traffic.inFlight < traffic.slots || isFair) {
    traffic.freeAt = at;
    traffic.endsBefore = traffic.ends;
  }
  return at - traffic.freeAt >= JAM_MS;
}

function holderOfMost({ shares }: LaneTraffic): string | null {
  let most: { origin: string; slots: number } | null = null;
  for (const [origin, { slots }] of shares)
    if (slots >= CROWD_MIN && slots > (most?.slots ?? 0)) most = { origin, slots };
  return most?.origin ?? null;
}

function rotate(traffic: LaneTraffic, at: number): void {
  traffic.rotatedAt = at;
  traffic.before = traffic.arrivals;
  traffic.arrivals = 0;
  for (const [origin, share] of traffic.shares) {
    if (share.slots <= 0 && share.arrivals === 0) traffic.shares.delete(origin);
    share.before = share.arrivals;
    share.arrivals = 0;
  }
}
