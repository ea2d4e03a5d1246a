// A dead letter as it lies in Redis: BullMQ's hash of the job, and the attempts in its log. A letter may be
// one because it is no delivery, so nothing in it is taken for granted.

import { asProducer } from "@postrider/redis/connect";
import { readStoredLetters, type StoredLetter } from "@postrider/redis/jobs";
import type { LetterRef } from "@postrider/redis/letter-page";
import type { Shard } from "@postrider/redis/shard";
import type { Delivery } from "@postrider/shared/delivery";
import type { Reason } from "@postrider/shared/outcome";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import { parseAttempt } from "../deliveries/attempts.ts";
import { openDelivery, parseDelivery, toCustomerId } from "../deliveries/stored-delivery.ts";

export interface DeadLetter {
  readonly id: string;
  /** The delivery's home: the shared lane in which it began. */
  readonly lane: string;
  readonly run: string | null;
  /** `id@version`. */
  readonly action: string;
  /**
   * The origin of the last attempt, or the one that the action's URL names; null where only the customer's
   * data tell.
   */
  readonly destination: string | null;
  /** Empty where the customer is sealed and the key is not at hand. */
  readonly customerId: string | number;
  readonly reason: Reason;
  readonly attempts: number;
  /** Unix ms. */
  readonly failedAt: number;
}

/** A letter with what a replay needs. */
export interface Letter {
  readonly shown: DeadLetter;
  /** As it lies there, sealed or not; null: it is none. */
  readonly delivery: Delivery | null;
  /** BullMQ's options, as JSON. */
  readonly options: string;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number;
}

/** What reading letters takes besides Redis. */
export interface LetterReading {
  readonly findOrigin: FindActionOrigin;
  readonly sealer: Sealer;
}

/** Reads letters; those that are gone meanwhile are left out. */
export async function readLetters(
  shard: Shard,
  refs: readonly LetterRef[],
  reading: LetterReading,
): Promise<Letter[]> {
  if (refs.length === 0) return [];
  const stored = await asProducer(() => readStoredLetters(shard, refs));
  const letters: Letter[] = [];
  for (const [index, ref] of refs.entries()) {
    const one = stored[index] ?? null;
    if (one !== null) letters.push(await toLetter(ref, one, reading));
  }
  return letters;
}

async function toLetter(
  { lane, id, failedAt }: LetterRef,
  { data, reason, attemptsMade, options, enqueuedAt, lastAttempt }: StoredLetter,
  { findOrigin, sealer }: LetterReading,
): Promise<Letter> {
  const delivery = parseDelivery(data);
  const action = delivery?.action ?? "";
  const shown: DeadLetter = {
    id,
    lane,
    run: delivery?.run ?? null,
    action,
    destination: parseAttempt(lastAttempt, id, sealer)?.destination ?? (await findOrigin(action)),
    customerId: delivery === null ? "" : toCustomerId(openDelivery(delivery, sealer)),
    reason: (reason ?? "internal") as Reason,
    attempts: attemptsMade,
    failedAt,
  };
  return {
    shown,
    delivery,
    options,
    enqueuedAt: enqueuedAt ?? failedAt,
  };
}
