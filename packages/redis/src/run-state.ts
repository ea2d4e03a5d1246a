// In which state a run is, by its lane's entry and its own fields. Pure.

import type { OwnLane } from "@postrider/shared/own-lane";

/** `completed`: it was closed, and nothing is left of it. */
export type RunState = "running" | "paused" | "held" | "cancelled" | "completed";

/**
 * @param entry of the run's own lane; undefined where it has none. @param hasEnded whether it is closed and
 * nothing is left.
 */
export function toRunState(
  entry: OwnLane | undefined,
  { isCancelled }: Readonly<Record<string, string>>,
  hasEnded: boolean,
): RunState {
  if (isCancelled !== undefined || entry?.isCancelled === true) return "cancelled";
  if (hasEnded) return "completed";
  if (entry?.isPaused === true) return "paused";
  return entry?.isHeld === true ? "held" : "running";
}
