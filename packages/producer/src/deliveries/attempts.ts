// The attempts of a delivery as its worker told them, kept with it until it is delivered: what was met, and what was made of it.

import { asProducer } from "@postrider/redis/connect";
import { readAttemptRecords } from "@postrider/redis/jobs";
import type { Shard } from "@postrider/redis/shard";
import { unpackEvidence } from "@postrider/shared/evidence";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";
import type { Sealer } from "@postrider/shared/seal";

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
    /** The status that stands for the one that came, where the action's rule of success does not hold, and why. */
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

/** The attempts that are kept of a delivery in a lane, oldest first; none where they are sealed and the key is not at hand. */
export async function readAttempts(
  shard: Shard,
  lane: string,
  id: string,
  sealer: Sealer,
): Promise<AttemptRecord[]> {
  const lines = await asProducer(() => readAttemptRecords(shard, lane, id));
  return lines.flatMap((line) => parseAttempt(line, id, sealer) ?? []);
}

/** Null for what is no attempt, or stays sealed. */
export function parseAttempt(line: string | undefined, id: string, sealer: Sealer): AttemptRecord | null {
  try {
    const kept: Partial<AttemptRecord> = unpackEvidence(line ?? "{}", id, sealer);
    return kept.finding === undefined || kept.verdict === undefined ? null : (kept as AttemptRecord);
  } catch {
    return null;
  }
}
