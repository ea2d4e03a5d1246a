// Who takes a lane's slots away from everybody else: judged by what this process has in flight there, by
// destination. Pure.

/** Beyond its due share, a tenth of the lane's slots is a crowd; fewer than five of them are chance. */
const CROWD_SHARE = 0.1;
const CROWD_MIN = 5;
/**
 * A lane's slots are as good as all taken from here on: what one destination holds too many of is missing to
 * the others soon.
 */
const BUSY_SHARE = 0.5;
/**
 * When all slots are taken for this long, and fewer attempts end in that time than there are slots, the
 * destination that holds the most of them is too slow to share them.
 */
const JAM_MS = 1_000;
/**
 * A destination that ended nothing for this many times as long as an exchange takes here hangs; below this
 * time, that is chance.
 */
const STUCK_FACTOR = 10;
const STUCK_MS_MIN = 300;
/**
 * The weight of the latest answer in what they typically take: one of twenty that is slow must not make
 * slowness typical.
 */
const TYPICAL_WEIGHT = 1 / 64;

/** What one destination holds of a lane. */
export interface Share {
  slots: number;
  arrivals: number;
  before: number;
  /** When it last ended an exchange, or began one while it had none. */
  movedAt: number;
}

/** What one lane has in flight here, and how it flows. */
export interface LaneLoad {
  inFlight: number;
  retries: number;
  slots: number;
  /**
   * Exchanges that ended, and how many had when it was last seen with a free slot or a fair turnover, and
   * when that was.
   */
  ends: number;
  endsBefore: number;
  freeAt: number;
  /** When the latest exchange ended. */
  endedAt: number;
  /**
   * The mean logarithm of what answers take in ms, which few slow ones hardly move; null before the first
   * answer.
   */
  typicalLog: number | null;
  readonly shares: Map<string, Share>;
  /** Those that hung at the latest look. */
  stuck: ReadonlySet<string>;
  /**
   * Whether deliveries to more than one destination have been met here, or found waiting; a shared lane is
   * everybody's.
   */
  isMixed: boolean;
  /** The one destination that jams it although nobody else has been met here: at the latest look. */
  lone: string | null;
  arrivals: number;
  before: number;
  rotatedAt: number;
}

/**
 * @param tookMs null where it ended without an answer: those that time out must not make slowness typical.
 */
export function noteEnd(load: LaneLoad, share: Share | undefined, tookMs: number | null, at: number): void {
  load.ends += 1;
  load.endedAt = at;
  if (tookMs !== null) noteAnswer(load, Math.log(Math.max(1, tookMs)));
  if (share === undefined) return;
  share.slots -= 1;
  share.movedAt = at;
}

function noteAnswer(load: LaneLoad, log: number): void {
  const before = load.typicalLog ?? log;
  load.typicalLog = before + (log - before) * TYPICAL_WEIGHT;
}

/** Whether a destination holds many more slots of a busy lane than its share of the arrivals explains. */
export function holdsTooMany(load: LaneLoad, share: Share): boolean {
  if (load.inFlight < load.slots * BUSY_SHARE) return false;
  const due = (share.arrivals + share.before) / (load.arrivals + load.before);
  const excess = share.slots - due * load.inFlight;
  return excess >= crowdOf(load.slots);
}

/**
 * The destinations that a lane should be rid of: those that hang while others go on, or while the lane is
 * jammed, where together they hold a crowd's slots; and the one that jams the lane as a whole. To be asked a
 * few times a second; who hangs is told at the second look, since the first one may come before this process
 * has read what arrived.
 * @param usualPatienceMs that of this process' other lanes, for one in which nothing has been answered yet;
 * null: nobody knows.
 */
export function findCrowders(load: LaneLoad, at: number, usualPatienceMs: () => number | null): string[] {
  const before = load.stuck;
  const jammed = isJammed(load, at);
  const holder = jammed ? holderOfMost(load) : null;
  // Alone in its lane it is in nobody's way, unless others wait behind it.
  load.lone = load.isMixed ? null : holder;
  if (!load.isMixed) return [];
  load.stuck = jammed ? findStuckInJam(load, at, usualPatienceMs) : findStuck(load);
  const crowders = [...load.stuck].filter((origin) => before.has(origin));
  return holder === null || crowders.includes(holder) ? crowders : [...crowders, holder];
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Measured up to the lane's latest end: where nobody ends anything, it may be this process that stands still.
 */
function findStuck(load: LaneLoad): ReadonlySet<string> {
  const { inFlight, slots, typicalLog, endedAt } = load;
  if (inFlight < slots * BUSY_SHARE || typicalLog === null) return NOBODY;
  // Of few slots half may be held by one or two who are slow once.
  const leastMs = stuckCrowdOf(slots) < CROWD_MIN ? JAM_MS : 0;
  return findUnmoved(load, endedAt - Math.max(leastMs, toPatience(typicalLog)));
}

/**
 * Where those that hang have taken all slots nothing ends, be each of them small: time itself is the measure
 * then.
 */
function findStuckInJam(
  load: LaneLoad,
  at: number,
  usualPatienceMs: () => number | null,
): ReadonlySet<string> {
  const { typicalLog } = load;
  const patienceMs = typicalLog === null ? (usualPatienceMs() ?? JAM_MS) : toPatience(typicalLog);
  return findUnmoved(load, at - Math.max(JAM_MS, patienceMs));
}

function findUnmoved(load: LaneLoad, since: number): ReadonlySet<string> {
  let held = 0;
  const unmoved = new Set<string>();
  for (const [origin, share] of load.shares) {
    if (share.slots <= 0 || share.movedAt > since) continue;
    held += share.slots;
    unmoved.add(origin);
  }
  return held >= stuckCrowdOf(load.slots) ? unmoved : NOBODY;
}

function toPatience(typicalLog: number): number {
  return Math.max(STUCK_MS_MIN, STUCK_FACTOR * Math.exp(typicalLog));
}

/**
 * After how many ms without an end a destination hangs in the most impatient of some lanes; null where
 * nothing was answered in any.
 */
export function leastPatience(lanes: readonly LaneLoad[]): number | null {
  const typical = lanes.map(({ typicalLog }) => typicalLog).filter((log) => log !== null);
  return typical.length === 0 ? null : toPatience(Math.min(...typical));
}

/** Whether what goes through a lane takes so long that it would hang where that is the patience. */
export function isSlow({ typicalLog, shares }: LaneLoad, patienceMs: number, at: number): boolean {
  if (typicalLog !== null && Math.exp(typicalLog) >= patienceMs) return true;
  return [...shares.values()].some(({ slots, movedAt }) => slots > 0 && at - movedAt >= patienceMs);
}

/** How many of a lane's slots, beyond what is due, are a crowd. */
export function crowdOf(slots: number): number {
  return Math.max(CROWD_MIN, slots * CROWD_SHARE);
}

/**
 * How many slots are a crowd where they are held by who hangs, which time tells and not chance: of few slots
 * half are one.
 */
export function stuckCrowdOf(slots: number): number {
  return Math.min(crowdOf(slots), Math.ceil(slots / 2));
}

function isJammed(load: LaneLoad, at: number): boolean {
  const isFair = load.ends - load.endsBefore >= load.slots;
  if (load.inFlight < load.slots || isFair) {
    load.freeAt = at;
    load.endsBefore = load.ends;
  }
  return at - load.freeAt >= JAM_MS;
}

function holderOfMost({ shares }: LaneLoad): string | null {
  let most: { origin: string; slots: number } | null = null;
  for (const [origin, { slots }] of shares)
    if (slots >= CROWD_MIN && slots > (most?.slots ?? 0)) most = { origin, slots };
  return most?.origin ?? null;
}
