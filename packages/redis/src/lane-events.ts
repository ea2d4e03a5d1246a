// What a change of an own lane means to operators: which events tell it. Pure.

import { type Facts, type NewEvent, newEvent } from "@postrider/shared/operator-event";
import type { OwnLane } from "@postrider/shared/own-lane";

/** What events say of a run. */
export type RunFacts = Pick<Facts<"run.paused">, "action" | "lane">;

/** How long a destination must be sent to as fast as it goes before it is free again. */
const CALM_MS = 60_000;

/** The entry with what its rate and its rest mean for whether it is throttled. @param now Unix ms. */
export function withThrottling(entry: OwnLane, now: number): OwnLane {
  const { throttling, adaptiveRate, coolsUntil } = entry;
  if (adaptiveRate !== undefined || coolsUntil !== undefined)
    return throttling !== undefined && throttling.calmSince === undefined
      ? entry
      : { ...entry, throttling: { since: throttling?.since ?? now } };
  if (throttling === undefined || throttling.calmSince !== undefined) return entry;
  return { ...entry, throttling: { ...throttling, calmSince: now } };
}

/** The entry as it is once it has been calm for long enough; undefined where nothing changes. */
export function afterCalm(entry: OwnLane | undefined, now: number): OwnLane | undefined {
  if (entry?.throttling?.calmSince === undefined || now - entry.throttling.calmSince < CALM_MS)
    return undefined;
  const { throttling: _, ...free } = entry;
  return free;
}

/**
 * What operators are told when a lane's entry becomes another, or is no more. Pairs: what was told as begun
 * is told as ended, whichever way it ends. @param run null: another shard tells what befalls it.
 */
export function toLaneEvents(
  before: OwnLane | undefined,
  after: OwnLane | undefined,
  run: RunFacts | null = { action: "", lane: "" },
): NewEvent[] {
  const entry = after ?? before;
  if (entry?.kind === "run") return run === null ? [] : toRunEvents(before, after, { run: entry.of, ...run });
  return entry?.kind === "destination" ? toDestinationEvents(before, after, entry.of) : [];
}

function toRunEvents(
  before: OwnLane | undefined,
  after: OwnLane | undefined,
  facts: Facts<"run.paused">,
): NewEvent[] {
  const [was, is] = [before?.isPaused === true, after?.isPaused === true];
  if (was === is) return [];
  // A run that is cancelled goes on no more.
  if (was && after?.isCancelled === true) return [];
  return [newEvent(is ? "run.paused" : "run.resumed", facts.run, facts)];
}

function toDestinationEvents(
  before: OwnLane | undefined,
  after: OwnLane | undefined,
  destination: string,
): NewEvent[] {
  const ratePerSecond = after?.adaptiveRate?.perSecond ?? null;
  const pauseMs = after?.circuit?.pauseMs ?? 0;
  return [
    ...toPair(before?.circuit, after?.circuit, {
      begun: newEvent("destination.circuit_opened", destination, { destination, pauseMs }),
      ended: newEvent("destination.circuit_closed", destination, { destination }),
    }),
    ...toPair(before?.throttling, after?.throttling, {
      begun: newEvent("destination.throttled", destination, { destination, ratePerSecond }),
      ended: newEvent("destination.free", destination, { destination }),
    }),
  ];
}

/** What tells of a state that is there or not. */
function toPair(was: object | undefined, is: object | undefined, pair: Pair): NewEvent[] {
  if ((was === undefined) === (is === undefined)) return [];
  return [is === undefined ? pair.ended : pair.begun];
}

interface Pair {
  readonly begun: NewEvent;
  readonly ended: NewEvent;
}
