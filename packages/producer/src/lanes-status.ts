// What lies in the lanes, at a glance: the shared lanes with who serves them, the fullest own lanes, and
// whose circuit is open.

import type { Backlog } from "@postrider/redis/counts";
import type { UnpackedShard } from "@postrider/redis/packed-hashes";
import type { OwnLanes } from "./destinations/own-lanes.ts";
import type { Producer } from "./producer.ts";

type Top = Awaited<ReturnType<OwnLanes["top"]>>;

export interface LanesStatus {
  readonly lanes: readonly (Backlog & {
    readonly lane: string;
    /** Whether any worker claims from it at this moment. */
    readonly isServed: boolean;
  })[];
  /** Those with the most waiting. */
  readonly ownLanes: Top["lanes"];
  readonly ownLanesTotal: number;
  readonly openCircuits: Top["openCircuits"];
  /** Shards whose Redis does not answer: what lies there is missing here. */
  readonly shardsAway: readonly string[];
  /** Shards whose Redis does not pack what waits; those whose Redis does not say are left out. */
  readonly shardsUnpacked: readonly UnpackedShard[];
}

export interface LanesStatusQuery {
  /** Shared lanes that are shown, and first, although nothing has ever lain in them. */
  readonly lanes: readonly string[];
  /** Own lanes that are shown at most. */
  readonly ownLanesMax: number;
}

/** @throws `redis_unavailable`. */
export async function readLanesStatus(
  { lanes: queues, ownLanes, shardsAway }: Pick<Producer, "lanes" | "ownLanes" | "shardsAway">,
  { lanes, ownLanesMax }: LanesStatusQuery,
): Promise<LanesStatus> {
  const [known, served, top, shardsUnpacked] = await Promise.all([
    queues.known(),
    queues.served(),
    ownLanes.top(ownLanesMax),
    queues.unpacked(),
  ]);
  const names = [...new Set([...lanes, ...known.sort()])];
  const shown = [];
  for (const lane of names)
    shown.push({ lane, isServed: served.includes(lane), ...(await queues.backlog(lane)) });
  return {
    lanes: shown,
    ownLanes: top.lanes,
    ownLanesTotal: top.total,
    openCircuits: top.openCircuits,
    shardsAway: shardsAway(),
    shardsUnpacked,
  };
}
