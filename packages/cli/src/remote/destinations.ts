// Destinations through the API.

import type { Destination as DestinationTold } from "@postrider/client/generated";
import type { Destination, ForATime } from "@postrider/producer/destinations/destinations";
import { parseForMs } from "@postrider/producer/destinations/parse-destination";
import type { LimitSource } from "@postrider/shared/lane-limits";
import type { Service } from "../service.ts";
import { toMsOrNull } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteDestinations({ call }: Remote): Service["destinations"] {
  return {
    list: async () => (await call("listDestinations")).destinations.map(toDestination),
    show: async (origin) => toDestination(await call("getDestination", { params: { origin } })),
    async limit(origin, limits, lasting) {
      const params = { origin };
      if (limits === null) await call("unlimitDestination", { params });
      else await call("limitDestination", { params, body: { ...limits, ...toFor(lasting) } });
    },
    pause: async (origin, lasting) =>
      void (await call("pauseDestination", { params: { origin }, body: toFor(lasting) })),
    resume: async (origin) => void (await call("resumeDestination", { params: { origin } })),
  };
}

/** In the order of a producer's own. */
export function toDestination(told: DestinationTold): Destination {
  const { origin, lane, isPaused, circuit, limits, limitSources, adaptiveRatePerSecond, ...rest } = told;
  const { ratePerSecond, concurrency } = limitSources;
  const { waiting, delayed, inFlight } = rest;
  return {
    ...{ origin, lane, isPaused },
    pausedUntil: toMsOrNull(rest.pausedUntil),
    circuit,
    circuitSince: toMsOrNull(rest.circuitSince),
    probeAt: toMsOrNull(rest.probeAt),
    coolsUntil: toMsOrNull(rest.coolsUntil),
    limits,
    limitSources: {
      ...(ratePerSecond && { ratePerSecond: toSource(ratePerSecond) }),
      ...(concurrency && { concurrency: toSource(concurrency) }),
    },
    adaptiveRatePerSecond,
    throttledSince: toMsOrNull(rest.throttledSince),
    ...{ waiting, delayed, inFlight },
  };
}

function toSource({ by, until }: { readonly by: string; readonly until: string | null }): LimitSource {
  return { by, until: toMsOrNull(until) };
}

function toFor({ forMs }: ForATime = {}): { readonly for?: string } {
  parseForMs(forMs);
  return forMs === undefined ? {} : { for: `${Math.round(forMs / 1_000)}s` };
}
