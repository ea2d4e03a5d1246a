// Changes one delivery while it waits: it is cancelled, or its times are.

import { asProducer } from "@postrider/redis/connect";
import type { StoredJob } from "@postrider/redis/jobs";
import { reschedule } from "@postrider/redis/scripts/reschedule";
import type { Withdraw } from "@postrider/redis/scripts/withdraw";
import type { Shard } from "@postrider/redis/shard";
import type { Delivery } from "@postrider/shared/delivery";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import { type Looked, look, TRIES } from "./locate.ts";
import { parseDelivery } from "./stored-delivery.ts";
import { toWithdrawn } from "./withdrawn.ts";

/** New times of a delivery; null takes one away, what is left out stays. */
export interface TimeChanges {
  /** Not before this time; null: at once. Only before its first attempt. */
  readonly sendAt?: Date | null;
  /** No attempt after this time. */
  readonly expiresAt?: Date | null;
}

export interface Changes {
  /**
   * Ends a delivery that waits, with the outcome `cancelled`.
   * @throws `delivery_unknown`, `delivery_under_way`, `delivery_ended`.
   */
  cancel(id: string): Promise<void>;
  /**
   * Changes the times of a delivery that waits.
   * @throws `delivery_unknown`, `delivery_under_way`, `delivery_ended`, `delivery_invalid`.
   */
  changeTimes(id: string, changes: TimeChanges): Promise<void>;
}

export interface ChangesDependencies {
  readonly shard: Shard;
  readonly withdraw: Withdraw;
  readonly sealer: Sealer;
  readonly now: () => number;
}

interface Waiting {
  readonly id: string;
  readonly lane: string;
  readonly job: StoredJob;
  readonly delivery: Delivery;
}

export function createChanges({ shard, withdraw, sealer, now }: ChangesDependencies): Changes {
  return {
    cancel: (id) =>
      insist(shard, id, async ({ lane, job, delivery }) => {
        const [written] = await withdraw([toWithdrawn({ id, lane, delivery, ...job }, sealer, now())]);
        return written === "written";
      }),
    async changeTimes(id, changes) {
      checkTimes(changes);
      await insist(shard, id, ({ lane, job, delivery }) => {
        const changed = toChanged(delivery, changes);
        checkChange(changed, changes, job);
        const dueAt = changes.sendAt === undefined ? null : (changed.sendAt ?? now());
        return reschedule(shard, {
          id,
          lane,
          from: job.data,
          to: JSON.stringify(changed),
          dueAt,
          now: now(),
        });
      });
    },
  };
}

/** Finds where the delivery waits and does the work there, again where it has moved meanwhile. */
async function insist(shard: Shard, id: string, work: (waiting: Waiting) => Promise<boolean>): Promise<void> {
  await asProducer(async () => {
    for (let tries = 0; tries < TRIES; tries++) {
      const waiting = await find(shard, id);
      if (waiting !== "moved" && (await work(waiting))) return;
    }
    throw new PostriderError("delivery_under_way", `${id} moves from lane to lane; try again`);
  });
}

/** @throws `delivery_unknown`, `delivery_under_way`, `delivery_ended`. */
async function find(shard: Shard, id: string): Promise<Waiting | "moved"> {
  const looked = await look(shard, id);
  switch (looked.kind) {
    case "unknown":
      throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
    case "ended":
      throw new PostriderError("delivery_ended", `${id} has ended: ${looked.outcome}, ${looked.reason}`);
    case "moved":
      return "moved";
    default:
      return toWaiting(id, looked);
  }
}

function toWaiting(id: string, { lane, job }: Extract<Looked, { kind: "in" }>): Waiting {
  if (job.place === "in-flight")
    throw new PostriderError("delivery_under_way", `an attempt of ${id} is under way; wait until it is over`);
  const delivery = parseDelivery(job.data);
  if (delivery === null)
    throw new PostriderError("delivery_unknown", `what lies under the id ${id} is no delivery`);
  return { id, lane, job, delivery };
}

/** @throws `delivery_invalid`. */
function checkTimes(changes: TimeChanges): void {
  for (const [field, value] of Object.entries(changes)) {
    if (field !== "sendAt" && field !== "expiresAt") throw invalid(field, "is no time of a delivery");
    const isTime = value instanceof Date && !Number.isNaN(value.getTime());
    if (value !== undefined && value !== null && !isTime)
      throw invalid(field, "must be a valid Date, or null");
  }
}

function toChanged(delivery: Delivery, { sendAt, expiresAt }: TimeChanges): Delivery {
  const { sendAt: oldSendAt, expiresAt: oldExpiresAt, ...rest } = delivery;
  const newSendAt = sendAt === undefined ? oldSendAt : sendAt?.getTime();
  const newExpiresAt = expiresAt === undefined ? oldExpiresAt : expiresAt?.getTime();
  return {
    ...rest,
    ...(newSendAt !== undefined && { sendAt: newSendAt }),
    ...(newExpiresAt !== undefined && { expiresAt: newExpiresAt }),
  };
}

/** @throws `delivery_invalid`. */
function checkChange(
  { sendAt, expiresAt }: Delivery,
  changes: TimeChanges,
  { attemptsMade }: StoredJob,
): void {
  if (changes.sendAt !== undefined && attemptsMade > 0)
    throw invalid(
      "sendAt",
      "cannot be changed: the delivery has been attempted, and waits for another attempt",
    );
  if (sendAt !== undefined && expiresAt !== undefined && expiresAt <= sendAt)
    throw invalid("expiresAt", "must be after sendAt");
}

function invalid(field: string, message: string): PostriderError {
  return invalidField("delivery_invalid", field, message);
}
