// Who takes a lane's slots away from everybody else: judged by what this process has in flight there, by destination. Pure.

/** Beyond its due share, a tenth of the lane's slots is a crowd; fewer than five of them are chance. */
export const CROWD_SHARE = 0.1;
export const CROWD_MIN = 5;
/** A lane's slots are as good as all taken from here on: what one destination holds too many of is missing to the others soon. */
const BUSY_SHARE = 0.5;
/** All slots taken for so long, and fewer ends in that time than slots: whoever holds the most of them is too slow to share them. */
const JAM_MS = 1_000;
/** A destination that ended nothing for this many times as long as an exchange takes here hangs; below this time, that is chance. */
const STUCK_FACTOR = 10;
const STUCK_MS_MIN = 300;
/** The weight of the latest exchange in what they typically take: one of twenty that is slow must not make slowness typical. */
const TYPICAL_WEIGHT = 1 / 64;

/** What one destination holds of a lane. */
export interface Share {
  slots: number;
  arrivals: number;
  before: number;
  /** When it last ended an exchange, or began one while it had none. */
  movedAt: number;
}

export interface LaneTraffic {
  inFlight: number;
  retries: number;
  slots: number;
  /** Exchanges that ended, and how many had when it was last seen with a free slot or a fair turnover, and when that was. */
  ends: number;
  endsBefore: number;
  freeAt: number;
  /** When the latest exchange ended. */
  endedAt: number;
  /** The mean logarithm of what exchanges take in ms, which few slow ones hardly move; null before the first end. */
  typicalLog: number | null;
  readonly shares: Map<string, Share>;
  /** Those that hung at the latest look. */
  stuck: ReadonlySet<string>;
  /** Whether more than one destination has been met here, or one that jams it, behind which others may wait. */
  isMixed: boolean;
  arrivals: number;
  before: number;
  rotatedAt: number;
}

export function noteEnd(traffic: LaneTraffic, share: Share | undefined, tookMs: number, at: number): void {
  traffic.ends += 1;
  traffic.endedAt = at;
  const log = Math.log(Math.max(1, tookMs));
  traffic.typicalLog =
    traffic.typicalLog === null ? log : traffic.typicalLog + (log - traffic.typicalLog) * TYPICAL_WEIGHT;
  if (share === undefined) return;
  share.slots -= 1;
  share.movedAt = at;
}

/** Whether a destination holds many more slots of a busy lane than its share of the arrivals explains. */
export function holdsTooMany(traffic: LaneTraffic, share: Share): boolean {
  if (traffic.inFlight < traffic.slots * BUSY_SHARE) return false;
  const due = (share.arrivals + share.before) / (traffic.arrivals + traffic.before);
  const excess = share.slots - due * traffic.inFlight;
  return excess >= crowdOf(traffic);
}

/**
 * The destinations that a lane should be rid of: those that hang while others go on, where together they hold a crowd's slots, and the
 * one that jams the lane as a whole. To be asked a few times a second; who hangs is told at the second look, since the first one may
 * come before this process has read what arrived.
 */
export function findCrowders(traffic: LaneTraffic, at: number): string[] {
  const before = traffic.stuck;
  traffic.stuck = findStuck(traffic);
  const jam = isJammed(traffic, at) ? holderOfMost(traffic) : null;
  if (jam !== null) traffic.isMixed = true;
  const crowders = [...traffic.stuck].filter((origin) => before.has(origin));
  return jam === null || crowders.includes(jam) ? crowders : [...crowders, jam];
}

const NOBODY: ReadonlySet<string> = new Set();

/** Measured up to the lane's latest end: where nobody ends anything, it may be this process that stands still. */
function findStuck(traffic: LaneTraffic): ReadonlySet<string> {
  const { inFlight, slots, typicalLog, endedAt, shares } = traffic;
  if (inFlight < slots * BUSY_SHARE || typicalLog === null) return NOBODY;
  const patienceMs = Math.max(STUCK_MS_MIN, STUCK_FACTOR * Math.exp(typicalLog));
  let held = 0;
  const stuck = new Set<string>();
  for (const [origin, share] of shares) {
    if (share.slots <= 0 || endedAt - share.movedAt < patienceMs) continue;
    held += share.slots;
    stuck.add(origin);
  }
  return held >= crowdOf(traffic) ? stuck : NOBODY;
}

function crowdOf({ slots }: LaneTraffic): number {
  return Math.max(CROWD_MIN, slots * CROWD_SHARE);
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
