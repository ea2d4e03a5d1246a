// What lies in the lanes, through the API.

import type { LanesStatus } from "@postrider/producer/lanes-status";
import type { Service } from "../service.ts";
import { toMsOrNull } from "./times.ts";
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
