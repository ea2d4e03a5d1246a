// The way of a delivery from its claim to what its destination has answered.

import type { Composer } from "@postrider/compose/apart/composer";
import type { DestinationTracker } from "./destinations/destination-tracker.ts";
import type { Step } from "./draft.ts";
import { createCompose } from "./steps/compose.ts";
import { createLoad, type Loading } from "./steps/load.ts";
import { createRoute } from "./steps/route.ts";
import { createSend, type Sending } from "./steps/send.ts";
import { createUnsealStep } from "./steps/unseal.ts";
import type { Unseal } from "./unseal/unseal.ts";

export interface StepsOptions extends Loading, Sending {
  readonly unseal: Unseal;
  readonly compose: Composer["compose"];
  /** The own lane in which the request has to wait its turn; null where it may be sent now. */
  readonly findLane: DestinationTracker["findLane"];
}

/** @param gate stands in front of all others; a test send has none. */
export function createSteps(options: StepsOptions, gate: Step | null): readonly Step[] {
  return [
    ...(gate === null ? [] : [gate]),
    createLoad(options),
    createUnsealStep(options.unseal),
    createCompose(options.compose),
    createRoute(options.findLane),
    createSend(options),
  ];
}
