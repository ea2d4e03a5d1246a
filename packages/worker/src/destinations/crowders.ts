// Which destinations are to have a lane of their own, or to keep it, for the slots that they take from
// others. Looked at a few times a second, over everything that this process has in flight.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { isForMany, ownLaneName } from "@postrider/shared/lanes";
import type { InFlight } from "../in-flight.ts";
import { CALM_MS } from "../maintain/dissolve.ts";
import { crowdOf, stuckCrowdOf } from "./fair-share.ts";
import type { Scout } from "./scout.ts";

/** Led out in one look, or kept out; the rest in the next ones. */
const FOUND_MAX = 100;
/** How often a lane that one destination jams is looked through. */
const SCOUT_MS = 1_000;

export interface CrowdersOptions {
  readonly directory: LaneDirectory;
  readonly inFlight: InFlight;
  readonly scout: Scout;
  /** Slots of a shared lane. */
  readonly concurrency: () => number;
  readonly now: () => number;
}

export interface Crowders {
  /**
   * Those that need a lane of their own now and are not led into one, and those that would need it again at
   * once.
   */
  find(): string[];
}

export function createCrowders(options: CrowdersOptions): Crowders {
  const { inFlight, scout, now } = options;
  const scoutedAt = new Map<string, number>();

  /**
   * Where one destination jams a lane and nobody else has been met there: do others wait behind it? Nobody
   * waits for the answer.
   */
  const lookBehind = (lane: string): void => {
    const origin = inFlight.findLone(lane);
    if (origin === null || now() - (scoutedAt.get(lane) ?? Number.NEGATIVE_INFINITY) < SCOUT_MS) return;
    scoutedAt.set(lane, now());
    scout(lane, origin)
      .then((hasOthers) => {
        if (hasOthers) inFlight.setMixed(lane);
      })
      // Redis is away, or what waits there cannot be read: the next look tells.
      .catch(() => undefined);
  };

  return {
    find() {
      const lanes = lanesForMany(options);
      const found = [...findCrowding(lanes, options), ...findStillCrowding(options)];
      for (const [lane, at] of scoutedAt) if (now() - at >= SCOUT_MS) scoutedAt.delete(lane);
      for (const lane of lanes) lookBehind(lane);
      return found;
    },
  };
}

/**
 * Lanes that many destinations may share, as far as their entries tell: where a run's action names one,
 * nobody else waits there.
 */
function lanesForMany({ directory, inFlight }: CrowdersOptions): string[] {
  return inFlight.lanes().filter((lane) => isForMany(lane) && directory.get(lane)?.destination === undefined);
}

/**
 * Destinations that take others' slots by hanging, and are led into a lane of their own no more, or not yet.
 */
function findCrowding(lanes: readonly string[], { directory, inFlight }: CrowdersOptions): string[] {
  return lanes
    .flatMap(inFlight.findCrowders)
    .filter((origin) => {
      const entry = directory.get(ownLaneName("destination", origin));
      return entry === undefined || entry.isClosing === true;
    })
    .slice(0, FOUND_MAX);
}

/**
 * Destinations that have a lane of their own for the slots that they took, and would take as many again if
 * they were led back, each by itself or all that are slow together: so that none goes back and forth. Half as
 * often as a lane takes to be calm.
 */
function findStillCrowding({ directory, inFlight, concurrency }: CrowdersOptions): string[] {
  const [crowd, stuckCrowd] = [crowdOf(concurrency()), stuckCrowdOf(concurrency())];
  const slow = new Set(inFlight.findSlow());
  const heldBySlow = [...slow].reduce((held, lane) => held + inFlight.count(lane), 0);
  const wouldCrowd = (lane: string): boolean =>
    inFlight.count(lane) >= crowd || (slow.has(lane) && heldBySlow >= stuckCrowd);
  return directory
    .all()
    .filter(
      ({ kind, lane, lastFailureAt }) =>
        kind === "destination" &&
        lastFailureAt !== undefined &&
        directory.now() - lastFailureAt >= CALM_MS / 2 &&
        wouldCrowd(lane),
    )
    .map(({ of }) => of)
    .slice(0, FOUND_MAX);
}
