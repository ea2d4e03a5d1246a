// What is kept of an attempt with its delivery, until that is delivered: what was met, and what was made of
// it. Workers write it, producers show it.

import type { OutcomeKind, Reason } from "./outcome.ts";

export interface AttemptRecord {
  /** Counted from 1, and from 1 again after a replay. */
  readonly attempt: number;
  /** Unix ms when it ended. */
  readonly at: number;
  readonly destination: string | null;
  /** A reply has a status, a fault a code and a message, what could not be sent its problems. */
  readonly finding: {
    readonly kind: string;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** Whether the body is not all that came, or was to come; and what cut the answer short. */
    readonly isCut?: boolean;
    readonly trouble?: string;
    /**
     * The status that stands for the one that came, where the action's rule of success does not hold, and
     * why.
     */
    readonly judged?: { readonly as: number; readonly message: string };
    readonly code?: string;
    readonly message?: string;
    readonly problems?: readonly { readonly field: string; readonly message: string }[];
  };
  readonly verdict: {
    readonly kind: string;
    readonly outcome?: OutcomeKind;
    readonly reason?: Reason;
    readonly delayMs?: number;
    readonly costsAttempt?: boolean;
  };
  readonly timings: {
    readonly composeMs: number;
    readonly firstByteMs: number | null;
    readonly totalMs: number;
  };
}
