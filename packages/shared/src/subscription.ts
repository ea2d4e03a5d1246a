// A subscription: which events and outcomes are delivered as webhooks, and by which action.

import { z } from "zod";
import { parseActionRef } from "./action-ref.ts";
import { deliveryFilterSchema } from "./delivery-filter.ts";
import type { Problem } from "./errors.ts";
import { EVENT_TYPES } from "./operator-event.ts";
import { OUTCOMES } from "./outcome.ts";
import type { DeliveryOutcome } from "./outcome-entry.ts";
import { toProblems } from "./schema-problem.ts";
import { suggest } from "./suggest.ts";

const ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;
export const SUBSCRIPTION_ID_RULE = "must be 1 to 100 of a-z 0-9 . _ - and start with a letter or digit";

export function isSubscriptionId(id: unknown): id is string {
  return typeof id === "string" && ID.test(id);
}

const { action, run, reason, label } = deliveryFilterSchema.shape;

/** Which outcomes; all that is given must hold. */
export const outcomeFilterSchema = z
  .strictObject({ outcome: z.enum(OUTCOMES).optional(), reason, action, run, label })
  .describe("Outcomes that are delivered; all that is given must hold, and `{}` means all.");

export type OutcomeFilter = z.output<typeof outcomeFilterSchema>;

const eventTypeSchema = z.enum(EVENT_TYPES, {
  error: ({ input }) => {
    const meant = typeof input === "string" ? suggest(input, EVENT_TYPES) : null;
    return `is no event; ${meant === null ? "docs/events.md lists them" : `did you mean ${meant}?`}`;
  },
});

export const subscriptionSchema = z
  .strictObject({
    action: z
      .string()
      .max(120)
      .refine((text) => parseActionRef(text) !== null, "must look like my-action or my-action@3")
      .describe("What sends them: `id` for the latest version, or `id@version`. Its URL names its host."),
    events: z
      .array(eventTypeSchema)
      .min(1, "must name an event, or be left out")
      .max(EVENT_TYPES.length)
      .optional()
      .describe("Types of events that are delivered."),
    outcomes: outcomeFilterSchema.optional(),
  })
  .refine(({ events, outcomes }) => events !== undefined || outcomes !== undefined, {
    path: ["events"],
    error: "must be given, or outcomes",
  });

/** As people and programs write it. */
export type SubscriptionDocument = z.output<typeof subscriptionSchema>;

/** @returns every problem at once, with its field. */
export function readSubscription(
  document: unknown,
): SubscriptionDocument | { readonly problems: readonly Problem[] } {
  const parsed = subscriptionSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  return { problems: toProblems(parsed.error.issues, "a subscription") };
}

export function meansOutcome(filter: OutcomeFilter, outcome: DeliveryOutcome): boolean {
  const meant = filter.action === undefined ? null : parseActionRef(filter.action);
  const of = parseActionRef(outcome.action);
  return (
    (filter.outcome === undefined || filter.outcome === outcome.outcome) &&
    (filter.reason === undefined || filter.reason === outcome.reason) &&
    (filter.run === undefined || filter.run === outcome.run) &&
    (filter.label === undefined || outcome.labels.includes(filter.label)) &&
    (meant === null || (meant.id === of?.id && (meant.version === undefined || meant.version === of.version)))
  );
}
