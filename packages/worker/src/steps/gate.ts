// The first step: what has ended, lies here by mistake, is too late, kills its workers or belongs to a run
// that is stopped does not pass. No attempt is made or spent here.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { isOwnLane, ownLaneName, toLaneLabel } from "@postrider/shared/lanes";
import type { Mark, Reason } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { Claimed, Finding } from "../attempt.ts";
import type { Past, Step } from "../draft.ts";
import type { InFlight } from "../in-flight.ts";
import type { Metrics } from "../record/metrics.ts";

/** A delivery whose worker died this often while it was in flight is what kills workers. */
const CRASHES_MAX = 3;
/**
 * Retries get at most this share of a shared lane's slots when they come in a storm; first attempts keep the
 * rest.
 */
const RETRIES_SHARE_MAX = 0.75;

/** How old a later release's delivery becomes before it is taken for none. */
const NEWER_AGE_MS_MAX = 86_400_000;

export interface GateOptions {
  readonly directory: LaneDirectory;
  readonly inFlight: InFlight;
  readonly metrics: Metrics;
  /** How many of a shared lane may be in flight. */
  readonly slotsOf: (lane: string) => number;
  readonly now: () => number;
}

export function createGate(options: GateOptions): Step {
  return {
    name: "gate",
    run({ claimed, past }) {
      const { mark } = past;
      if (mark?.kind !== "ended") return stop(claimed, past, options);
      // As a crash between record and settle leaves it: nothing is sent or counted, and the lane is told what
      // stands recorded.
      options.metrics.repeated(toLaneLabel(claimed.lane), "ended");
      return { kind: "recorded", outcome: mark.outcome, reason: mark.reason };
    },
  };
}

function stop(claimed: Claimed, { mark, format, crashes }: Past, options: GateOptions): Finding | null {
  const { directory, now } = options;
  if (format === "newer" && now() - claimed.dueAt < NEWER_AGE_MS_MAX) return { kind: "newer" };
  if (format !== "known") return unsendable("delivery_invalid");
  const { run, expiresAt } = claimed.delivery;
  const runLane = run === undefined ? undefined : directory.get(ownLaneName("run", run));
  if (runLane?.isCancelled === true) return unsendable("run_cancelled");
  if (expiresAt !== undefined && now() > expiresAt) return unsendable("expired");
  if (crashes >= CRASHES_MAX) return unsendable("crash");
  if (runLane !== undefined && runLane.lane !== claimed.lane && isStopped(runLane, mark))
    return { kind: "misplaced", lane: runLane };
  return isStorm(claimed, options)
    ? { kind: "misplaced", lane: toRetriesLane(claimed.lane, directory.now()) }
    : null;
}

/** Whether a run's deliveries have to wait in its own lane. */
function isStopped({ isPaused, isHeld }: OwnLane, mark: Mark | null): boolean {
  const isReleased = mark?.kind === "in" && mark.isReleased;
  return isPaused === true || (isHeld === true && !isReleased);
}

/** Whether so many retries are in flight that first attempts would find no slot. */
function isStorm({ lane, attempt }: Claimed, { inFlight, slotsOf }: GateOptions): boolean {
  if (attempt <= 1 || isOwnLane(lane)) return false;
  return inFlight.retries(lane) > Math.max(1, slotsOf(lane) * RETRIES_SHARE_MAX);
}

function toRetriesLane(lane: string, now: number): OwnLane {
  return { lane: ownLaneName("retries", lane), kind: "retries", of: lane, createdAt: now };
}

function unsendable(reason: Reason): Finding {
  return { kind: "unsendable", reason, problems: [] };
}
