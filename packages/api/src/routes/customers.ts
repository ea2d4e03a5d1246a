// What happened to a customer.

import { PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { toTimeOrNull } from "../route/times.ts";
import { listedSchema } from "./list-deliveries.ts";
import { outcomeSchema, toShownOutcome } from "./shown-outcome.ts";

const LIMIT_MAX = 200;

const customerDeliverySchema = listedSchema.extend({
  outcome: outcomeSchema.nullable().describe("How it ended; null while it is open."),
});

export const customerRoutes: readonly Route[] = [
  defineRoute({
    id: "listCustomerDeliveries",
    method: "GET",
    path: "/v1/customers/:id/deliveries",
    scope: "read",
    narrowing: "found",
    summary:
      "The latest deliveries of one customer, over all actions: open ones first, then those that have ended",
    params: z.strictObject({ id: z.string().min(1).max(1_000).describe("The customer's id.") }),
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(50) }),
    replies: { 200: "Deliveries; `after` is null, since there is one page." },
    reply: z.strictObject({ deliveries: z.array(customerDeliverySchema), after: z.null() }),
    errors: ["customers_not_indexed", "customer_invalid"],
    async handle({ params: { id }, query: { limit }, caller }, { producer }) {
      if (caller.lanes !== null)
        throw new PostriderError(
          "forbidden",
          "a customer's deliveries lie in any lane, and the token is narrowed to some",
        );
      const found = await producer.customers.deliveries(id, limit);
      const deliveries = found
        .filter(({ action }) => reaches(caller, { action }))
        .map(({ labels, enqueuedAt, dueAt, outcome, ...rest }) => ({
          ...rest,
          labels: [...labels],
          enqueuedAt: toTimeOrNull(enqueuedAt),
          dueAt: toTimeOrNull(dueAt),
          outcome: outcome === null ? null : toShownOutcome(outcome),
        }));
      return { status: 200, body: { deliveries, after: null } };
    },
  }),
];
