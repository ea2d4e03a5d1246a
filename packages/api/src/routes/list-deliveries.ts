// Deliveries by a filter, page by page.

import type { ListedDelivery } from "@postrider/producer/by-filter/source";
import { deliveryFilterSchema } from "@postrider/shared/delivery-filter";
import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTimeOrNull } from "../route/times.ts";
import { customerIdSchema } from "./customer.ts";
import { endSchema, stateSchema, toShownEnd } from "./shown-outcome.ts";

const LIMIT_MAX = 1_000;

/** As a query has it, where all are texts. */
export const filterShape = {
  ...deliveryFilterSchema.shape,
  customer: z.string().min(1).max(1_000).optional().describe("The customer's id, compared as text."),
};

export const listedSchema = z.strictObject({
  id: z.string(),
  state: stateSchema,
  lane: z.string().nullable().describe("Where it lies; null once it has left the lanes."),
  home: z
    .string()
    .nullable()
    .describe("The shared lane in which it began; null where what is kept does not tell."),
  action: z.string().describe("`id@version`."),
  customerId: customerIdSchema
    .nullable()
    .describe("Null or empty where the customer is sealed and the key is not at hand."),
  run: z.string().nullable(),
  labels: z.array(z.string()),
  enqueuedAt: timeSchema
    .nullable()
    .describe("When it was enqueued, or replayed last; null where what is kept does not tell."),
  dueAt: timeSchema.nullable().describe("When a delayed one becomes due."),
  outcome: endSchema.nullable().describe("How it ended; null while it is open."),
});

function toShown({
  labels,
  enqueuedAt,
  dueAt,
  outcome,
  ...rest
}: ListedDelivery): z.input<typeof listedSchema> {
  return {
    ...rest,
    labels: [...labels],
    enqueuedAt: toTimeOrNull(enqueuedAt),
    dueAt: toTimeOrNull(dueAt),
    outcome: outcome === null ? null : toShownEnd(outcome),
  };
}

export const listDeliveriesRoute: Route = defineRoute({
  id: "listDeliveries",
  method: "GET",
  path: "/v1/deliveries",
  scope: "read",
  narrowing: "found",
  summary: "Deliveries by a filter: what is open first, lane by lane, then what has ended, the latest first",
  query: z.strictObject({
    ...filterShape,
    limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(50),
    after: z.string().max(1_000).optional().describe("Of the page before, to go on behind it."),
  }),
  replies: { 200: "A page; it may be short, even empty, and have more behind it: `after` tells." },
  reply: z.strictObject({
    deliveries: z.array(listedSchema),
    looked: z.int().describe("How many were looked at for this page."),
    after: z.string().nullable(),
  }),
  errors: ["filter_invalid"],
  async handle({ query, caller }, { producer }) {
    const { deliveries, looked, after } = await producer.deliveries.list({
      ...query,
      isShown: ({ action, home }) => reaches(caller, { action, lane: home ?? "" }),
      // Of what tells no lane nobody knows whether such a token reaches it.
      withHome: caller.lanes !== null,
    });
    return { status: 200, body: { deliveries: deliveries.map(toShown), looked, after } };
  },
});
