// Outcomes as the API shows them, and who sees which.

import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import { PostriderError } from "@postrider/shared/errors";
import { OUTCOMES, type Outcome, REASON_NAMES, type Reason } from "@postrider/shared/outcome";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import { z } from "zod";
import { type Caller, isNarrowed } from "../route/caller.ts";
import { timeSchema, toTime } from "../route/times.ts";
import { customerIdSchema } from "./customer.ts";

const count = z.int().min(0);

export const reasonSchema = z.enum(REASON_NAMES as [Reason, ...Reason[]]);

/** Where a delivery is. */
export const stateSchema = z.enum(["waiting", "delayed", "in-flight", "dead-letter", "ended"]);

/** How a delivery ended, as its mark tells it. */
export const endSchema = z.strictObject({
  outcome: z.enum(OUTCOMES),
  reason: reasonSchema,
  status: z.int().nullable().describe("The last answer's HTTP status; null where none came."),
  attempts: count,
  endedAt: timeSchema,
});

/** The same with all that its readers are told. */
export const outcomeSchema = endSchema.extend({
  id: z.string().describe("The delivery's. One that was replayed has an outcome each time that it ends."),
  action: z.string().describe("`id@version`."),
  run: z.string().nullable(),
  customer: customerIdSchema
    .nullable()
    .describe("The customer's id; null where it is sealed and the key is not at hand."),
  labels: z.array(z.string()),
  latencyMs: count.describe("From when the delivery was due to its end."),
  sendMs: count.describe("The last attempt's exchange; 0: nothing was sent."),
  attributes: z.record(z.string(), z.unknown()).describe("What the action captures of the answer."),
  missing: z.array(z.string()).describe("Attributes that the answer did not have."),
  cut: z.array(z.string()).describe("Attributes of which there was more than is kept."),
});

export const readOutcomeSchema = outcomeSchema.extend({
  cursor: z.string().describe("The place behind it, to go on from."),
});

export function toShownEnd({ endedAt, ...rest }: Outcome): z.input<typeof endSchema> {
  return { ...rest, endedAt: toTime(endedAt) };
}

export function toShownOutcome(outcome: DeliveryOutcome): z.input<typeof outcomeSchema> {
  const { endedAt, labels, missing, cut, attributes, ...rest } = outcome;
  return {
    ...rest,
    labels: [...labels],
    missing: [...missing],
    cut: [...cut],
    attributes: { ...attributes },
    endedAt: toTime(endedAt),
  };
}

export function toShownReadOutcome(outcome: ReadOutcome): z.input<typeof readOutcomeSchema> {
  const { cursor, ...rest } = outcome;
  return { cursor, ...toShownOutcome(rest) };
}

/** Who may read what. @throws `forbidden`. */
export function checkReader(caller: Caller, group: string | undefined): void {
  if (caller.lanes !== null)
    throw new PostriderError(
      "forbidden",
      "outcomes do not tell their lane, and the token is narrowed to lanes",
    );
  if (group !== undefined && isNarrowed(caller))
    throw new PostriderError("forbidden", "a group reads all outcomes, and the token is narrowed to actions");
}
