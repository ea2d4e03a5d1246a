// What a shard asks of the process' slots for the lanes that it serves.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import type { InFlight } from "../in-flight.ts";
import type { ShardSlots } from "./slots.ts";

/** As which all own lanes together ask: no lane has a blank name. */
const OWN_LANES = "";

export interface AskSlotsOptions {
  readonly inFlight: InFlight;
  readonly directory: LaneDirectory;
  readonly parts: ShardSlots;
  /** Slots of the process: of a lane, and of all own lanes. */
  readonly concurrency: number;
  readonly inFlightMax: number;
  /** Those that a served lane has now; undefined: it is not served. */
  readonly slotsOf: (lane: string) => number | undefined;
}

export interface AskSlots {
  /** A lane's part. */
  forLane(lane: string): number;
  /** That of all own lanes, of which these are served. */
  forOwnLanes(served: readonly string[]): number;
  /** The slots that destinations hold in a lane of many which have been led out into a lane of their own. */
  heldInVain(lane: string): number;
}

export function createAskSlots(options: AskSlotsOptions): AskSlots {
  const { inFlight, directory, parts, concurrency, inFlightMax } = options;
  const hasOwnLane = (origin: string): boolean =>
    directory.get(ownLaneName("destination", origin)) !== undefined;
  const heldInVain = (lane: string): number =>
    inFlight.isMixed(lane) ? inFlight.heldBy(lane, hasOwnLane) : 0;
  const isFull = (lane: string): boolean =>
    inFlight.count(lane) >= (options.slotsOf(lane) ?? Number.POSITIVE_INFINITY);
  return {
    heldInVain,
    forLane(lane) {
      const used = Math.max(0, inFlight.count(lane) - heldInVain(lane));
      return parts.ask(lane, concurrency, { inFlight: used, isFull: isFull(lane) });
    },
    forOwnLanes(served) {
      const used = served.reduce((sum, lane) => sum + inFlight.count(lane), 0);
      return parts.ask(OWN_LANES, inFlightMax, { inFlight: used, isFull: served.some(isFull) });
    },
  };
}
