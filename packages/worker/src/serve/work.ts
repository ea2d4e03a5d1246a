// Which own lanes have anything to do: only these take up room and slots of a process. Thousands of
// destinations may have limits, and few of them traffic: one that has nothing to do costs nothing to look
// for, since whatever comes into it is noted.

import { createLaneWork } from "@postrider/redis/lane-work";
import { ARRIVALS_KEPT_MS } from "@postrider/redis/scripts/note-arrival";
import type { Shard } from "@postrider/redis/shard";

/** A lane with pauses between its deliveries is not given up and taken up again each time. */
const IDLE_MS = 5_000;
/** What becomes due until the next look and the one after it. */
const SOON_MS = 1_000;
/**
 * In so many looks, some ten seconds, all lanes are looked at once without a reason: what was put there by a
 * release that notes nothing, or by hand, is found as well.
 */
const LOOKS_FOR_ALL = 25;

export interface Work {
  /**
   * Those of the lanes that have work now, or had it a moment ago. Asked twice a second, with lanes in the
   * same order.
   */
  find(lanes: readonly string[], now: number): Promise<string[]>;
}

interface Known {
  /** When the first of what lies there is due; infinite: nothing does. */
  readonly dueAt: number;
  /** When it last had work. */
  readonly workedAt: number;
}

export function createWork(shard: Shard): Work {
  const laneWork = createLaneWork(shard);
  let known = new Map<string, Known>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looks = 0;

  const readArrivals = async (now: number): Promise<ReadonlySet<string>> => {
    // Nothing that is known counts where something may have been noted and forgotten again.
    if (now - lookedAt > ARRIVALS_KEPT_MS / 2) known = new Map();
    return new Set(known.size === 0 ? [] : await laneWork.readArrivals(lookedAt));
  };
  const hasReason = (lane: string, now: number): boolean => {
    const before = known.get(lane);
    return before === undefined || before.dueAt <= now + SOON_MS || isRecent(before, now);
  };
  return {
    async find(lanes, now) {
      const arrivals = await readArrivals(now);
      const isTheirTurn = createTurns(lanes.length, looks);
      const seen = lanes.filter(
        (lane, place) => isTheirTurn(place) || arrivals.has(lane) || hasReason(lane, now),
      );
      const due = await laneWork.findDue(seen);
      const before = known;
      // Lanes that may not run are forgotten, and looked at as new ones when they may again.
      known = new Map(lanes.map((lane) => [lane, before.get(lane) ?? NEVER] as const));
      for (const lane of seen) known.set(lane, toKnown(due.get(lane), before.get(lane), now));
      lookedAt = now;
      looks += 1;
      return lanes.filter((lane) => isRecent(known.get(lane) ?? NEVER, now));
    },
  };
}

const NEVER: Known = { dueAt: Number.POSITIVE_INFINITY, workedAt: Number.NEGATIVE_INFINITY };

function toKnown(dueAt = Number.POSITIVE_INFINITY, before = NEVER, now = 0): Known {
  return { dueAt, workedAt: dueAt <= now + SOON_MS ? now : before.workedAt };
}

function isRecent({ workedAt }: Known, now: number): boolean {
  return now - workedAt < IDLE_MS;
}

/** Which of so many have their turn at this look, by their place: an even part of them. */
function createTurns(count: number, looks: number): (place: number) => boolean {
  const size = Math.ceil(count / LOOKS_FOR_ALL);
  const from = (looks % LOOKS_FOR_ALL) * size;
  return (place) => place >= from && place < from + size;
}
