// Says in words what decided an attempt, and what a delivery waits for. Pure.

import type { RunState } from "@postrider/redis/run-state";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { REASONS } from "@postrider/shared/outcome";
import type { Destination } from "../destinations/destinations.ts";
import type { Located } from "./locate.ts";

/** The rule that made an attempt's verdict out of what it met. */
export function explainVerdict({ verdict }: AttemptRecord): string {
  const { kind, reason, delayMs, costsAttempt } = verdict;
  const rule = reason === undefined ? "" : (REASONS[reason] ?? "");
  if (kind === "handed-back") return "The worker was told to stop before the answer came; costs no attempt.";
  if (kind !== "retry") return rule;
  const cost = costsAttempt === false ? "; it costs age, no attempt" : "";
  return `${reason} is tried again, here after ${Math.round(delayMs ?? 0)} ms${cost}.`;
}

export type NextCode =
  | "nothing"
  | "replay"
  | "answer"
  | "reclaim"
  | "cancel"
  | "expire"
  | "run_paused"
  | "run_held"
  | "destination_paused"
  | "circuit_open"
  | "circuit_probing"
  | "destination_cooling_down"
  | "due"
  | "claim";

export interface Next {
  readonly what: NextCode;
  /** Unix ms when it will come about; null where no clock decides that. */
  readonly at: number | null;
  readonly message: string;
}

export interface Surroundings {
  readonly run: { readonly run: string; readonly state: RunState } | null;
  readonly destination: Destination | null;
  readonly now: number;
}

/** What comes next for a delivery, and when. */
export function explainNext(located: Located, surroundings: Surroundings): Next {
  switch (located.state) {
    case "ended":
      return explainEnded(located);
    case "dead-letter":
      return next("replay", "nothing, until it is replayed; it is kept as a dead letter");
    case "in-flight":
      return located.isClaimHeld
        ? next("answer", `the answer to attempt ${located.attemptsMade + 1}, which is under way`)
        : next(
            "reclaim",
            "its worker is gone; another one takes it up once the claim is found to have run out",
          );
    default:
      return explainWaiting(located, surroundings);
  }
}

function explainEnded({ outcome }: Located): Next {
  return next(
    "nothing",
    outcome?.outcome === "failed"
      ? "nothing: it has failed, and its dead letter is kept no more"
      : "nothing: it has ended",
  );
}

function explainWaiting(located: Located, { run, destination, now }: Surroundings): Next {
  const { delivery, dueAt, attemptsMade } = located;
  if (run?.state === "cancelled")
    return next("cancel", `it ends unsent once it is claimed: the run ${run.run} was cancelled`);
  if (delivery?.expiresAt !== undefined && delivery.expiresAt < now)
    return next("expire", `it ends unsent once it is claimed: it expired at ${toText(delivery.expiresAt)}`);
  const obstacle = findObstacle(located, run, destination);
  const isDue = dueAt === null || dueAt <= now;
  const attempt = `attempt ${attemptsMade + 1}`;
  if (!isDue) {
    const then = obstacle === null ? "" : `; as things stand, it ${obstacle.message} then`;
    return next("due", `${attempt} at ${toText(dueAt)}${then}`, dueAt);
  }
  return (
    obstacle ?? next("claim", `${attempt}, once a worker claims it${describePace(located, destination)}`)
  );
}

function findObstacle(
  { isReleased }: Located,
  run: Surroundings["run"],
  destination: Destination | null,
): Next | null {
  if (run?.state === "paused") return next("run_paused", `waits: the run ${run.run} is paused`);
  if (run?.state === "held" && !isReleased)
    return next("run_held", `waits to be released: the run ${run.run} is held`);
  if (destination === null) return null;
  const { origin, isPaused, circuit, probeAt, coolsUntil } = destination;
  if (isPaused) return next("destination_paused", `waits: the destination ${origin} is paused`);
  if (circuit === "open") {
    const probe = probeAt === null ? "" : `; the next probe is at ${toText(probeAt)}`;
    return next("circuit_open", `waits: the circuit of ${origin} is open${probe}`, probeAt);
  }
  if (coolsUntil !== null) {
    const message = `waits: ${origin} has asked to be left alone until ${toText(coolsUntil)} (Retry-After)`;
    return next("destination_cooling_down", message, coolsUntil);
  }
  if (circuit === "half-open")
    return next("circuit_probing", `waits: ${origin} is tried with one delivery at a time`);
  return null;
}

function describePace({ ahead, lane }: Located, destination: Destination | null): string {
  const before = ahead === null ? "" : `; ${ahead} before it in the lane ${lane}`;
  const rates = [destination?.limits.ratePerSecond, destination?.adaptiveRatePerSecond ?? undefined].filter(
    (rate) => rate !== undefined,
  );
  if (rates.length === 0) return before;
  return `${before}; ${destination?.origin} is sent ${Math.round(Math.min(...rates) * 100) / 100} a second`;
}

function next(what: NextCode, message: string, at: number | null = null): Next {
  return { what, at, message };
}

function toText(at: number | null): string {
  return at === null ? "" : new Date(at).toISOString();
}
