// The registry of own lanes, which producers and workers share: who has one, and in which state it is. Every
// change bumps a version, so that a look at what is new costs one short command; each process looks about
// twice a second. A change and BullMQ's switches for it are one atomic step.

import { PostriderError } from "@postrider/shared/errors";
import { type NewEvent, toTold } from "@postrider/shared/operator-event";
import { type OwnLane, rateOf, toSwitches } from "@postrider/shared/own-lane";
import { chainScripts } from "./chain-scripts.ts";
import { DELAY_UNIT } from "./counts.ts";
import { type RunFacts, toLaneEvents, withThrottling } from "./lane-events.ts";
import { readRedisClock } from "./redis-clock.ts";
import { dissolveLane } from "./scripts/dissolve-lane.ts";
import { NOTE_ARRIVAL } from "./scripts/note-arrival.ts";
import { TELL_EVENT } from "./scripts/tell-fragments.ts";
import type { Shard } from "./shard.ts";
import type { Script, ScriptArguments } from "./transact.ts";

/** A process that missed this many changes reads everything again. */
const CHANGES_KEPT = 10_000;
const CHANGES_READ_MAX = 1_000;
/** Heals whatever a look at the changes could miss. */
const FULL_READ_MS = 60_000;
/** Two processes that change one lane at the same moment: the loser looks again. */
const UPDATE_TRIES = 10;

/**
 * Saves an entry if it is still as its writer saw it, sets the queue's switches, and tells what that means.
 * Whatever the outcome, what comes into the lane in the same transaction is noted, unless others wait there
 * already, which was noted when they came.
 * Input: KEYS own lanes, changes, version, meta, wait, delayed, marker, limiter, arrivals, events and totals
 * (only where there are events); ARGV lane, version seen ("" = none), JSON, 1 if paused, concurrency, max,
 * duration ("" = none), changes kept, 1 if the rate is a higher one, then per event its id and data.
 * Output: {1 if saved, the entry as it stands}.
 */
const SAVE = `${TELL_EVENT}${NOTE_ARRIVAL}
if redis.call("EXISTS", KEYS[5]) == 0 then noteArrival(KEYS[9], ARGV[1]) end
local current = redis.call("HGET", KEYS[1], ARGV[1])
local seen = current and string.match(current, "^%d+") or ""
if seen ~= ARGV[2] then return {0, current or ""} end
local version = redis.call("INCR", KEYS[3])
redis.call("ZADD", KEYS[2], version, ARGV[1])
redis.call("ZREMRANGEBYRANK", KEYS[2], 0, -1 - tonumber(ARGV[8]))
local entry = version .. " " .. ARGV[3]
redis.call("HSET", KEYS[1], ARGV[1], entry)
for i = 10, #ARGV, 2 do tellEvent(KEYS[10], KEYS[11], ARGV[i], ARGV[i + 1]) end
-- What waits for a lower rate need not wait any longer.
if ARGV[9] == "1" then redis.call("DEL", KEYS[8]) end
for field, value in pairs({concurrency = ARGV[5], max = ARGV[6], duration = ARGV[7]}) do
  if value == "" then redis.call("HDEL", KEYS[4], field) else redis.call("HSET", KEYS[4], field, value) end
end
if ARGV[4] == "1" then
  redis.call("HSET", KEYS[4], "paused", 1)
  redis.call("DEL", KEYS[7])
else
  redis.call("HDEL", KEYS[4], "paused")
  if redis.call("EXISTS", KEYS[5]) == 1 then redis.call("ZADD", KEYS[7], 0, "0") end
  local due = redis.call("ZRANGE", KEYS[6], 0, 0, "WITHSCORES")
  if due[2] then redis.call("ZADD", KEYS[7], math.floor(tonumber(due[2]) / ${DELAY_UNIT}), "1") end
end
return {1, entry}
`;

export interface LaneDirectory {
  /** Unix ms by Redis' clock, as the last look told it: what all processes agree on. */
  now(): number;
  get(lane: string): OwnLane | undefined;
  all(): OwnLane[];
  /** Reads what changed since the last look. */
  refresh(): Promise<void>;
  /**
   * Changes a lane's entry by a pure function of what stands there, and BullMQ's switches with it. What it
   * gives back is saved; `undefined` changes nothing. Where the change is one that operators are told of, the
   * event is a part of the step. @param ofRun what its events say of a run, where the lane is a run's; null:
   * nothing is told. @param also what else is a part of the step.
   */
  update(
    lane: string,
    change: (entry: OwnLane | undefined) => OwnLane | undefined,
    ofRun?: RunFacts | null,
    also?: Script,
  ): Promise<OwnLane | undefined>;
  /** Forgets a lane if it is empty and unchanged. */
  dissolve(lane: string): Promise<boolean>;
}

interface Kept {
  readonly version: string;
  readonly entry: OwnLane;
}

export function createLaneDirectory(shard: Shard, now: () => number = Date.now): LaneDirectory {
  const known = new Map<string, Kept>();
  let latest = 0;
  let ahead = 0;
  let readAllAt = Number.NEGATIVE_INFINITY;

  const keep = (lane: string, text: string | null | undefined): Kept | undefined => {
    const kept = parse(text);
    if (kept === undefined) known.delete(lane);
    else known.set(lane, kept);
    return kept;
  };
  const readAll = async (): Promise<void> => {
    const startedAt = now();
    const [version, entries] = await Promise.all([
      shard.redis.get(shard.keys.ownLaneVersion()),
      shard.redis.hgetall(shard.keys.ownLanes()),
    ]);
    for (const lane of known.keys()) if (!(lane in entries)) known.delete(lane);
    for (const [lane, text] of Object.entries(entries)) keep(lane, text);
    latest = Number(version ?? 0);
    readAllAt = startedAt;
  };
  const readClock = async (): Promise<void> => {
    ahead = (await readRedisClock(shard)) - now();
  };
  const readChanges = async (): Promise<void> => {
    const from = `(${latest}`;
    const limit = ["LIMIT", 0, CHANGES_READ_MAX] as const;
    const [version, changes] = await Promise.all([
      shard.redis.get(shard.keys.ownLaneVersion()),
      shard.redis.zrangebyscore(shard.keys.ownLaneChanges(), from, "+inf", "WITHSCORES", ...limit),
    ]);
    // A replica that took over may not know the latest changes, and gives their versions to others.
    if (Number(version ?? 0) < latest) return readAll();
    if (changes.length === 0) return;
    const lanes = changes.filter((_, index) => index % 2 === 0);
    const texts = await shard.redis.hmget(shard.keys.ownLanes(), ...lanes);
    for (const [index, lane] of lanes.entries()) keep(lane, texts[index]);
    latest = Number(changes.at(-1));
  };

  return {
    now: () => now() + ahead,
    get: (lane) => known.get(lane)?.entry,
    all: () => [...known.values()].map(({ entry }) => entry),
    async refresh() {
      const isDue = now() - readAllAt >= FULL_READ_MS;
      await Promise.all(isDue ? [readClock(), readAll()] : [readClock(), readChanges()]);
    },
    async update(lane, change, ofRun, also) {
      let text = await shard.redis.hget(shard.keys.ownLanes(), lane);
      for (let tries = 0; tries < UPDATE_TRIES; tries++) {
        const { entry, version = "" } = keep(lane, text) ?? {};
        const changed = change(entry);
        if (changed === undefined) return entry;
        const next = withThrottling(changed, now() + ahead);
        const told = toLaneEvents(entry, next, ofRun);
        const save = toSave(shard, next, { seen: version, before: entry, told });
        const { lua, all } = chainScripts({ lua: SAVE, all: save }, also);
        const [isSaved, stored] = (await shard.redis.eval(lua, ...all)) as [number, string];
        if (isSaved === 1) return keep(lane, stored)?.entry;
        text = stored;
      }
      throw new PostriderError(
        "redis_unavailable",
        `the lane ${lane} is being changed by others all the time`,
      );
    },
    async dissolve(lane) {
      const kept = known.get(lane);
      if (kept === undefined) return false;
      const told = toLaneEvents(kept.entry, undefined);
      const isGone = await dissolveLane(shard, lane, { seen: kept.version, told });
      if (isGone) known.delete(lane);
      return isGone;
    },
  };
}

type LaneHome = Pick<Shard, "keys" | "part">;

interface Save {
  /** The version that its writer has seen. */
  readonly seen: string;
  readonly before: OwnLane | undefined;
  readonly told: readonly NewEvent[];
}

function toSave({ keys, part }: LaneHome, entry: OwnLane, { seen, before, told }: Save): ScriptArguments {
  const { lane } = entry;
  const { isPaused, concurrency, rate } = toSwitches(entry, part().of);
  const streams = told.length === 0 ? [] : [keys.events(), keys.totals()];
  return [
    9 + streams.length,
    keys.ownLanes(),
    keys.ownLaneChanges(),
    keys.ownLaneVersion(),
    ...["meta", "wait", "delayed", "marker", "limiter"].map((part) => keys.ofLane(lane, part)),
    keys.ownLaneArrivals(),
    ...streams,
    lane,
    seen,
    JSON.stringify(entry),
    isPaused ? 1 : 0,
    concurrency ?? "",
    rate?.max ?? "",
    rate?.durationMs ?? "",
    CHANGES_KEPT,
    isFaster(entry, before) ? 1 : 0,
    ...told.flatMap(toTold),
  ];
}

function isFaster(entry: OwnLane, before: OwnLane | undefined): boolean {
  const rateBefore = before && rateOf(before);
  return rateBefore !== undefined && (rateOf(entry) ?? Number.POSITIVE_INFINITY) > rateBefore;
}

/**
 * For a transaction that puts deliveries into an own lane: registers the lane unless it is, so that none lies
 * where nobody looks.
 */
export const ENSURE_LANE = SAVE;

/**
 * The arguments of ENSURE_LANE. Only what a lane is, not how it stood when somebody last looked: it may have
 * been resumed and forgotten since then.
 */
export function toEnsure(
  home: LaneHome,
  { lane, kind, of, createdAt, destination, actionLimits }: OwnLane,
): ScriptArguments {
  const facts = { lane, kind, of, createdAt };
  return toSave(
    home,
    { ...facts, ...(destination && { destination }), ...(actionLimits && { actionLimits }) },
    { seen: "", before: undefined, told: [] },
  );
}

function parse(text: string | null | undefined): Kept | undefined {
  const space = text?.indexOf(" ") ?? -1;
  if (text === null || text === undefined || space < 0) return undefined;
  return { version: text.slice(0, space), entry: JSON.parse(text.slice(space + 1)) as OwnLane };
}
