// What lies in the lanes, and everything at a glance, through the API.

import type { LanesStatus } from "@postrider/producer/lanes-status";
import type { Overview } from "@postrider/producer/overview/overview";
import type { Service } from "../service.ts";
import { toMs, toMsOrNull } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createStatus({ call }: Remote): Service["status"] {
  return async ({ lanes, ownLanesMax }) => {
    const told = await call("getStatus", { query: { lanes: toList(lanes), ownLanes: ownLanesMax } });
    const openCircuits = told.openCircuits.map(({ origin, state, probeAt }) => ({
      ...{ origin, state },
      probeAt: toMsOrNull(probeAt),
    }));
    return { ...told, openCircuits } as LanesStatus;
  };
}

export function createOverview({ call }: Remote): Service["overview"] {
  return async (lanes) => {
    const told = await call("getOverview", { query: { lanes: toList(lanes) } });
    const { at, destinations, runs } = told;
    return {
      ...told,
      at: toMs(at),
      destinations: destinations.map(({ since, until, ...one }) => {
        const { origin, state, ...rest } = one;
        return { origin, state, since: toMsOrNull(since), until: toMsOrNull(until), ...rest };
      }),
      runs: runs.map(({ createdAt, ...run }) => {
        const { run: id, state, action, ...rest } = run;
        return { run: id, state, action, createdAt: toMs(createdAt), ...rest };
      }),
    } as Overview;
  };
}

export function createLaneNames({ call }: Remote): Service["laneNames"] {
  return async () => {
    const { lanes } = await call("getStatus", { query: { ownLanes: 1 } });
    return lanes.map(({ lane }) => lane);
  };
}

export function createIsServed({ call }: Remote): Service["isServed"] {
  return async (lane) => {
    // The command has done its work; and a token may enqueue what it may not read.
    const told = await call("getStatus", { query: { lanes: lane, ownLanes: 1 } }).catch(() => null);
    return told?.lanes.find((one) => one.lane === lane)?.isServed ?? true;
  };
}

function toList(lanes: readonly string[]): string | undefined {
  return lanes.length === 0 ? undefined : lanes.join(",");
}
