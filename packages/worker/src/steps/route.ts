// Where the request has to wait its turn, now that its destination is known.

import type { OwnLane } from "@postrider/shared/own-lane";
import type { Finding } from "../attempt.ts";
import type { DestinationTracker } from "../destinations/destination-tracker.ts";
import { known, type Step } from "../draft.ts";

/** @param findLane the own lane in which the request has to wait; null where it may be sent now. */
export function createRoute(findLane: DestinationTracker["findLane"]): Step {
  return {
    name: "route",
    run({ claimed, request, action }) {
      const lane = findLane(claimed, known(request).origin, known(action).action);
      return lane instanceof Promise ? lane.then(toFinding) : toFinding(lane);
    },
  };
}

function toFinding(lane: OwnLane | null): Finding | null {
  return lane === null ? null : { kind: "misplaced", lane };
}
