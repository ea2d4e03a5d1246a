// The attempts of a delivery, as its workers have written them down.

import { asProducer } from "@postrider/redis/connect";
import { readAttemptRecords } from "@postrider/redis/jobs";
import type { Shard } from "@postrider/redis/shard";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { unpackEvidence } from "@postrider/shared/evidence";
import type { Sealer } from "@postrider/shared/seal";

/**
 * The attempts that are kept of a delivery in a lane, oldest first; none where they are sealed and the key is
 * not at hand.
 */
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
