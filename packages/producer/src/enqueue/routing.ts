// Into which lane a delivery is put: its own where its run or its destination has one, else the shared one.
// What the producer cannot know (a destination that the customer's data decide) the worker finds out when it
// has composed the request.

import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import { type OwnLane, withActionLimits } from "@postrider/shared/own-lane";
import { findOrigin } from "../actions/origin.ts";
import type { SavedAction } from "../actions/saved-versions.ts";

/** The age of the registry's copy, where a producer looks before it enqueues. */
const LOOK_MS = 400;
/**
 * A run's first thousand share a lane with everybody; the rest waits apart, so that nobody waits behind a
 * million.
 */
export const RUN_SHARED_MAX = 1_000;

export interface Routing {
  /** Brings the view of the registry up to date, unless it is. */
  look(): Promise<void>;
  /** The own lane of a single delivery or a small run's; undefined: the shared one. */
  toDestination(saved: SavedAction): OwnLane | undefined;
  /** The own lane of a run, once it is large or a person has stopped it; undefined: not yet. */
  toRun(run: string, saved: SavedAction, enqueuedBefore: number): OwnLane | undefined;
}

export function createRouting(directory: LaneDirectory, now: () => number): Routing {
  let lookedAt = Number.NEGATIVE_INFINITY;
  const toDestination = (saved: SavedAction): OwnLane | undefined => {
    const origin = findOrigin(saved.action.url);
    const { limits } = saved.action;
    if (origin === null) return undefined;
    const lane = ownLaneName("destination", origin);
    const entry = directory.get(lane);
    if (entry === undefined && limits !== undefined)
      return withActionLimits(
        { lane, kind: "destination", of: origin, createdAt: directory.now() },
        saved,
        limits,
        directory.now(),
      );
    return entry?.isClosing === true ? undefined : entry;
  };
  return {
    async look() {
      if (now() - lookedAt < LOOK_MS) return;
      const startedAt = now();
      await asProducer(() => directory.refresh());
      lookedAt = startedAt;
    },
    toDestination,
    toRun(run, saved, enqueuedBefore) {
      const lane = ownLaneName("run", run);
      const entry = directory.get(lane);
      if (entry !== undefined) return entry;
      if (enqueuedBefore < RUN_SHARED_MAX) return undefined;
      return toRunLane(run, findOrigin(saved.action.url), directory.now());
    },
  };
}

/** The entry of a run's own lane; `origin` is that of its action, where the text tells. */
export function toRunLane(run: string, origin: string | null, now: number): OwnLane {
  const lane = ownLaneName("run", run);
  const destination = origin === null ? undefined : ownLaneName("destination", origin);
  return { lane, kind: "run", of: run, createdAt: now, ...(destination && { destination }) };
}
