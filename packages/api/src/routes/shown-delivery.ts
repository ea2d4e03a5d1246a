// A delivery as the API shows it: times in ISO 8601, and its attempts.

import type { DeliveryShown, ExplainedAttempt } from "@postrider/producer/deliveries/deliveries";
import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { z } from "zod";
import { type Caller, isNarrowed, reaches } from "../route/caller.ts";
import { timeSchema, toTime, toTimeOrNull } from "../route/times.ts";
import { customerIdSchema } from "./customer.ts";
import { destinationSchema, toShownDestination } from "./shown-destination.ts";
import { endSchema, stateSchema, toShownEnd } from "./shown-outcome.ts";

export const attemptSchema = z.looseObject({
  attempt: z.int().describe("From 1, and from 1 again after a replay."),
  at: timeSchema,
  destination: z.string().nullable(),
  finding: z.looseObject({ kind: z.string() }).describe("The reply, the fault, or what could not be sent."),
  verdict: z.looseObject({ kind: z.string() }),
  timings: z.looseObject({ totalMs: z.number() }),
});

export const deliverySchema = z.strictObject({
  id: z.string(),
  state: stateSchema,
  lane: z.string().nullable().describe("Where it lies; null once it has ended."),
  home: z.string().nullable().describe("The shared lane in which it began."),
  outcome: endSchema.nullable(),
  action: z.string().nullable(),
  customerId: customerIdSchema.nullable(),
  run: z.strictObject({ run: z.string(), state: z.string() }).nullable(),
  destination: destinationSchema.nullable(),
  enqueuedAt: timeSchema.nullable(),
  dueAt: timeSchema.nullable(),
  expiresAt: timeSchema.nullable(),
  idempotencyKey: z.string().describe("What its requests carry."),
  attempts: z.array(attemptSchema),
  next: z.strictObject({ what: z.string(), at: timeSchema.nullable(), message: z.string() }),
});

/** One that is kept no more has only its outcome left, so a narrowed token cannot be shown to reach it. */
export function isDeliveryReached(caller: Caller, { action, home }: DeliveryShown): boolean {
  if (!isNarrowed(caller)) return true;
  return action !== null && home !== null && reaches(caller, { action, lane: home });
}

export function toShownDelivery(shown: DeliveryShown): z.input<typeof deliverySchema> {
  const { outcome, destination, enqueuedAt, dueAt, expiresAt, attempts, next, ...rest } = shown;
  return {
    ...rest,
    outcome: outcome === null ? null : toShownEnd(outcome),
    destination: destination === null ? null : toShownDestination(destination),
    enqueuedAt: toTimeOrNull(enqueuedAt),
    dueAt: toTimeOrNull(dueAt),
    expiresAt: toTimeOrNull(expiresAt),
    attempts: attempts.map(toShownAttempt),
    next: { ...next, at: toTimeOrNull(next.at) },
  };
}

export function toShownAttempt(attempt: AttemptRecord | ExplainedAttempt): z.input<typeof attemptSchema> {
  const { finding, verdict, timings } = attempt;
  return {
    ...attempt,
    at: toTime(attempt.at),
    finding: { ...finding },
    verdict: { ...verdict },
    timings: { ...timings },
  };
}
