// Destinations through the API.

import type { Destination as DestinationTold } from "@postrider/client/generated";
import type { Destination } from "@postrider/producer/destinations/destinations";
import type { Service } from "../service.ts";
import { toMsOrNull } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteDestinations({ call }: Remote): Service["destinations"] {
  return {
    list: async () => (await call("listDestinations")).destinations.map(toDestination),
    show: async (origin) => toDestination(await call("getDestination", { params: { origin } })),
    async limit(origin, limits) {
      const params = { origin };
      if (limits === null) await call("unlimitDestination", { params });
      else await call("limitDestination", { params, body: limits });
    },
    pause: async (origin) => void (await call("pauseDestination", { params: { origin } })),
    resume: async (origin) => void (await call("resumeDestination", { params: { origin } })),
  };
}

/** In the order of a producer's own. */
export function toDestination(told: DestinationTold): Destination {
  const { origin, lane, isPaused, circuit, probeAt, coolsUntil, limits, ...rest } = told;
  const { adaptiveRatePerSecond, waiting, delayed, inFlight } = rest;
  return {
    ...{ origin, lane, isPaused, circuit },
    probeAt: toMsOrNull(probeAt),
    coolsUntil: toMsOrNull(coolsUntil),
    ...{ limits, adaptiveRatePerSecond, waiting, delayed, inFlight },
  };
}
