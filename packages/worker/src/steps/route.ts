// Where the request has to wait its turn, now that its destination is known.

import type { DestinationTracker } from "../destinations/destination-tracker.ts";
import { known, type Step } from "../draft.ts";

/** @param findLane the own lane in which the request has to wait; null where it may be sent now. */
export function createRoute(findLane: DestinationTracker["findLane"]): Step {
  return {
    name: "route",
    async run({ claimed, request, action }) {
      const lane = await findLane(claimed, known(request).origin, known(action).action);
      return lane === null ? null : { kind: "misplaced", lane };
    },
  };
}
