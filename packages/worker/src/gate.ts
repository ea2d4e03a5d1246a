// What becomes of a claim before any attempt: what has ended, lies here by mistake, is too late, kills its workers or belongs to a
// run that is stopped does not pass. No attempt is made or spent here.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { isOwnLane, ownLaneName, toLaneLabel } from "@postrider/shared/lanes";
import type { Mark, Reason } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { type Attempted, type Claimed, NOTHING_TIMED, type Verdict } from "./attempt.ts";
import type { Traffic } from "./in-flight.ts";
import type { Metrics } from "./record/metrics.ts";

/** A delivery whose worker died so often while it was in flight is what kills workers. */
const CRASHES_MAX = 3;
/** Retries get at most this share of a shared lane's slots when they come in a storm; first attempts keep the rest. */
const RETRIES_SHARE_MAX = 0.75;

/** A later release's delivery waits for a worker of that release, as in a rolling update; looked at now and then, for a day. */
const NEWER_RETRY_MS = 10_000;
const NEWER_AGE_MS_MAX = 86_400_000;

/** What lies in the lane: a delivery that this release can read, one of a later release, or none. */
export type Format = "known" | "newer" | "none";

export interface Arrival {
  readonly claimed: Claimed;
  readonly mark: Mark | null;
  readonly format: Format;
  /** How often its claim ran out because the worker was gone. */
  readonly crashes: number;
}

export type Passed =
  | { readonly kind: "passed" }
  /** Ends here, and is recorded like an attempt. */
  | { readonly kind: "stopped"; readonly attempted: Attempted }
  /** Recorded long ago, or not to be recorded at all. */
  | { readonly kind: "told"; readonly verdict: Verdict };

export type Gate = (arrival: Arrival) => Passed;

export interface GateOptions {
  readonly directory: LaneDirectory;
  readonly traffic: Traffic;
  readonly metrics: Metrics;
  /** Slots of a shared lane. */
  readonly concurrency: number;
  readonly now: () => number;
}

export function createGate(options: GateOptions): Gate {
  return (arrival) => {
    const { claimed, mark } = arrival;
    if (mark?.kind === "ended") {
      // As a crash between record and settle leaves it: nothing is sent or counted, and the lane is told what stands recorded.
      options.metrics.repeated(toLaneLabel(claimed.lane), "ended");
      return told({ kind: "ended", outcome: mark.outcome, reason: mark.reason });
    }
    return stop(arrival, options) ?? { kind: "passed" };
  };
}

function stop({ claimed, mark, format, crashes }: Arrival, options: GateOptions): Passed | null {
  const { directory, now } = options;
  if (format === "newer" && now() - claimed.dueAt < NEWER_AGE_MS_MAX) return told(WAIT_FOR_NEWER);
  if (format !== "known") return endUnsent("failed", "delivery_invalid");
  const { run, expiresAt } = claimed.delivery;
  const runLane = run === undefined ? undefined : directory.get(ownLaneName("run", run));
  if (runLane?.isCancelled === true) return endUnsent("cancelled", "run_cancelled");
  if (expiresAt !== undefined && now() > expiresAt) return endUnsent("expired", "expired");
  if (crashes >= CRASHES_MAX) return endUnsent("failed", "crash");
  if (runLane !== undefined && runLane.lane !== claimed.lane && isStopped(runLane, mark))
    return misplaced(runLane);
  return isStorm(claimed, options) ? misplaced(toRetriesLane(claimed.lane, directory.now())) : null;
}

const WAIT_FOR_NEWER: Verdict = {
  kind: "retry",
  reason: "delivery_invalid",
  delayMs: NEWER_RETRY_MS,
  costsAttempt: false,
};

/** Whether a run's deliveries have to wait in its own lane. */
function isStopped({ isPaused, isHeld }: OwnLane, mark: Mark | null): boolean {
  const isReleased = mark?.kind === "in" && mark.isReleased;
  return isPaused === true || (isHeld === true && !isReleased);
}

/** Whether so many retries are in flight that first attempts would find no slot. */
function isStorm({ lane, attempt }: Claimed, { traffic, concurrency }: GateOptions): boolean {
  return (
    attempt > 1 && !isOwnLane(lane) && traffic.retries(lane) > Math.max(1, concurrency * RETRIES_SHARE_MAX)
  );
}

function toRetriesLane(lane: string, now: number): OwnLane {
  return { lane: ownLaneName("retries", lane), kind: "retries", of: lane, createdAt: now };
}

function told(verdict: Verdict): Passed {
  return { kind: "told", verdict };
}

function misplaced(lane: OwnLane): Passed {
  return told({ kind: "moved", lane });
}

function endUnsent(outcome: "expired" | "failed" | "cancelled", reason: Reason): Passed {
  return {
    kind: "stopped",
    attempted: {
      finding: { kind: "unsendable", reason, problems: [] },
      verdict: { kind: "ended", outcome, reason },
      timings: NOTHING_TIMED,
      destination: null,
    },
  };
}
