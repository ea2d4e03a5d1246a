// The facts that the steps hand on. Steps do not import each other; they meet here.

import type { Written } from "@postrider/redis/scripts/record-attempt";
import type { Captured } from "@postrider/shared/capture";
import type { Customer, Delivery } from "@postrider/shared/delivery";
import type { Problem } from "@postrider/shared/errors";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { LazyText } from "./lazy-text.ts";
import type { AttemptTrace } from "./trace/attempt-trace.ts";

/** A delivery that this worker has claimed, for one attempt. */
export interface Claimed {
  readonly id: string;
  readonly lane: string;
  /** The proof that the claim is this worker's. */
  readonly token: string;
  readonly delivery: Delivery;
  /** Counted from 1; waits that cost no attempt do not count. */
  readonly attempt: number;
  /** How often it was claimed, this time included. */
  readonly claims: number;
  /** Attempts that the lane grants in all; fixed when the delivery was enqueued. */
  readonly attemptsMax: number;
  /** Unix ms from which it could be sent: enqueued, or sendAt. */
  readonly dueAt: number;
  /** Unix ms from which its age counts: when it was due, or first tried where that was much later. */
  readonly agesFrom: number;
  readonly claimedAt: number;
  /** Null where its trace is not kept, as always while traces are off. */
  readonly trace: AttemptTrace | null;
}

/** The destination's HTTP answer. */
export interface Reply {
  readonly kind: "reply";
  readonly status: number;
  /** Lower-case names; repeated ones joined by a comma and a space. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was kept of the body. */
  readonly body: LazyText;
  /** Whether that is not all of it: more came than is kept, or less than was to come. */
  readonly isCut: boolean;
  /** What cut the answer short before it had ended by itself. */
  readonly trouble?: string;
  /** The status that stands for this one, and why: the action's rule of success does not hold. */
  readonly judged?: { readonly as: number; readonly message: string };
}

/** The trouble of an answer that this worker itself cut short. */
export const STOPPED = "the worker was told to stop";

/** The status by which a reply is judged. */
export function statusOf({ status, judged }: Pick<Reply, "status" | "judged">): number {
  return judged?.as ?? status;
}

export type FaultCode = Extract<
  Reason,
  | "dns"
  | "connect"
  | "connect_timeout"
  | "tls"
  | "certificate"
  | "timeout"
  | "reset"
  | "protocol"
  | "headers_too_large"
  | "proxy"
  | "local"
>;

/** Why no answer came. */
export interface Fault {
  readonly kind: "fault";
  readonly code: FaultCode;
  readonly message: string;
}

/** Nothing was sent, and the same input never will be. */
export interface Unsendable {
  readonly kind: "unsendable";
  readonly reason: Reason;
  readonly problems: readonly Problem[];
}

/**
 * Nothing was sent for want of something that a person, or another server, has to provide: the delivery waits
 * for it.
 */
export interface Unready {
  readonly kind: "unready";
  /** `template_too_costly`: the action's last deliveries were stopped, and this one was not tried. */
  readonly reason: Extract<
    Reason,
    "key_missing" | "secret_missing" | "secret_invalid" | "auth_unavailable" | "template_too_costly"
  >;
  readonly message: string;
  /** Unix ms until when whoever has to provide it asks to be left alone. */
  readonly notBefore?: number;
}

/** The template called the delivery off. */
export interface Cancelled {
  readonly kind: "cancelled";
  readonly message: string;
}

/** The worker was told to stop before the answer came. */
export interface Interrupted {
  readonly kind: "interrupted";
}

/**
 * Nothing was sent: its lane's rate leaves it a moment that is too far off, or the time for it has passed. It
 * goes back and comes again.
 */
export interface Throttled {
  readonly kind: "throttled";
}

/** It belongs in another lane, before anything was sent. */
export interface Misplaced {
  readonly kind: "misplaced";
  readonly lane: OwnLane;
}

/**
 * It has ended before, as a crash between record and settle leaves it: its lane is told what stands recorded.
 */
export interface Recorded {
  readonly kind: "recorded";
  readonly outcome: OutcomeKind;
  readonly reason: Reason;
}

/** A later release's delivery, as in a rolling update: it waits for a worker of that release. */
export interface Newer {
  readonly kind: "newer";
}

/** A bug of ours; the delivery is not to blame. */
export interface Broken {
  readonly kind: "broken";
  readonly message: string;
}

/** What one attempt met. */
export type Finding =
  | Reply
  | Fault
  | Unsendable
  | Unready
  | Cancelled
  | Interrupted
  | Throttled
  | Misplaced
  | Recorded
  | Newer
  | Broken;

/** What an attempt has come to in one word, as logs and traces tell it. @param written null: nothing was. */
export function toVerdictWord(verdict: Verdict, written: Written | null): string {
  if (written === "lost") return "lost";
  return verdict.kind === "ended" ? verdict.outcome : verdict.kind;
}

const NO_ATTEMPT: ReadonlySet<Finding["kind"]> = new Set(["recorded", "newer", "misplaced", "throttled"]);

/**
 * Whether nothing was attempted and nothing about the delivery has changed, so that there is nothing to write
 * down.
 */
export function isNoAttempt({ kind }: Finding): boolean {
  return NO_ATTEMPT.has(kind);
}

/** In ms; `null` where the phase was not reached. */
export interface SendTimings {
  /** These three also `null` where a connection that was open already was used. */
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
}

export interface Timings extends SendTimings {
  readonly composeMs: number;
}

/** The timings of what was never sent. */
export const NOT_SENT: SendTimings = {
  dnsMs: null,
  connectMs: null,
  tlsMs: null,
  firstByteMs: null,
  totalMs: 0,
};

/** What becomes of the delivery. */
export type Verdict =
  | { readonly kind: "ended"; readonly outcome: OutcomeKind; readonly reason: Reason }
  /**
   * `costsAttempt: false` only costs age: the destination limited the rate, or it was ours that nothing was
   * sent.
   */
  | {
      readonly kind: "retry";
      readonly reason: Reason;
      readonly delayMs: number;
      readonly costsAttempt: boolean;
    }
  /** It waits in an own lane, with what it has spent so far. */
  | { readonly kind: "moved"; readonly lane: OwnLane }
  | { readonly kind: "handed-back" };

/** What is left to do with the job once the verdict is written down. */
export type Left =
  | Exclude<Verdict, { readonly kind: "ended" }>
  /** Its lane is told that it is done. */
  | { readonly kind: "complete" }
  /** It becomes a dead letter. */
  | { readonly kind: "bury"; readonly reason: Reason }
  /** Nothing: the job has left the lane with its outcome, or the claim is another worker's by now. */
  | { readonly kind: "gone" };

/** One attempt, told whole: what record writes down and settle carries out. */
export interface Attempted {
  readonly finding: Finding;
  readonly verdict: Verdict;
  readonly timings: Timings;
  /** Null where composition did not get as far. */
  readonly destination: string | null;
  /** What the action keeps of the answer, where the delivery has ended with one. */
  readonly captured: Captured | undefined;
  /** The id of a customer that was sealed in the lane, where it was opened. */
  readonly customerId: Customer["id"] | undefined;
}
