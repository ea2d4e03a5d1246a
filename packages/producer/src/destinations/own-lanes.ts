// The own lanes at a glance: which there are, why they stand still where they do, and how much lies in each.

import { asProducer } from "@postrider/redis/connect";
import { countLanes, NOTHING_THERE } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import type { OwnLaneKind } from "@postrider/shared/lanes";
import { isRunnable, type OwnLane } from "@postrider/shared/own-lane";

export type OwnLaneState =
  | "running"
  | "paused"
  | "held"
  | "cancelled"
  | "circuit-open"
  | "circuit-half-open"
  | "cooling-down";

export interface OwnLaneShown {
  readonly lane: string;
  readonly kind: OwnLaneKind;
  /** The origin, run or shared lane that it carries. */
  readonly of: string;
  readonly state: OwnLaneState;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

export interface OwnLanes {
  /** Those with the most waiting, the circuits that are open or half-open, and how many there are in all. */
  top(limit: number): Promise<{
    readonly lanes: readonly OwnLaneShown[];
    readonly openCircuits: readonly {
      readonly origin: string;
      readonly state: OwnLaneState;
      readonly probeAt: number | null;
    }[];
    readonly total: number;
  }>;
}

/** Lanes whose counts are read in one round trip. */
const AT_ONCE = 500;

export function createOwnLanes(shard: Shard, directory: LaneDirectory): OwnLanes {
  return {
    async top(limit) {
      await asProducer(() => directory.refresh());
      const entries = directory.all();
      const shown: OwnLaneShown[] = [];
      for (let index = 0; index < entries.length; index += AT_ONCE)
        shown.push(...(await asProducer(() => readCounts(shard, entries.slice(index, index + AT_ONCE)))));
      shown.sort((a, b) => b.waiting - a.waiting || b.delayed - a.delayed || (a.of < b.of ? -1 : 1));
      const openCircuits = entries.flatMap((entry) => {
        const { circuit, of } = entry;
        if (circuit === undefined) return [];
        const probeAt = circuit.state === "open" ? circuit.since + circuit.pauseMs : null;
        return [{ origin: of, state: toState(entry), probeAt }];
      });
      return { lanes: shown.slice(0, limit), openCircuits, total: entries.length };
    },
  };
}

async function readCounts(shard: Shard, entries: readonly OwnLane[]): Promise<OwnLaneShown[]> {
  const counts = await countLanes(
    shard,
    entries.map(({ lane }) => lane),
  );
  return entries.map((entry) => {
    const { lane, kind, of } = entry;
    const { waiting, delayed, inFlight } = counts.get(lane) ?? NOTHING_THERE;
    return { lane, kind, of, state: toState(entry), waiting, delayed, inFlight };
  });
}

function toState(entry: OwnLane): OwnLaneState {
  const { isCancelled, isPaused, isHeld, circuit } = entry;
  if (isCancelled === true) return "cancelled";
  if (isRunnable(entry)) return circuit === undefined ? "running" : "circuit-half-open";
  if (isPaused === true) return "paused";
  if (isHeld === true) return "held";
  return circuit?.state === "open" ? "circuit-open" : "cooling-down";
}
