// Destinations: how they stand, and what a person may set for any. They are shared by all actions, so that a
// narrowed token reaches none.

import type { ForATime } from "@postrider/producer/destinations/destinations";
import { limitsSchema } from "@postrider/shared/action";
import { DURATION, DURATION_RULE, parseDuration } from "@postrider/shared/duration";
import { z } from "zod";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import type { Tools } from "../route/tools.ts";
import { destinationSchema, toShownDestination } from "./shown-destination.ts";

const params = z.strictObject({
  origin: z
    .string()
    .min(1)
    .max(2_048)
    .describe("Such as `https%3A%2F%2Fapi.example.com`: the origin, URL-encoded."),
});

const forSchema = z
  .string()
  .regex(DURATION, DURATION_RULE)
  .optional()
  .describe("Ends by itself after so long, from `1s` to `30d`, such as `2h`; absent: when somebody says so.");

/** What `for` says. */
function toForATime({ for: text }: { readonly for?: string | undefined } = {}): ForATime {
  return text === undefined ? {} : { forMs: parseDuration(text) ?? undefined };
}

const ALL = {
  narrowing: "whole",
  params,
  replies: { 200: "The destination as it stands now." },
  reply: destinationSchema,
  errors: ["destination_invalid"],
} as const;

type Params = z.output<typeof params>;
type ForBody = { readonly for?: string | undefined } | null | undefined;

async function show(origin: string, { producer }: Tools) {
  return { status: 200, body: toShownDestination(await producer.destinations.show(origin)) };
}

export const destinationRoutes: readonly Route[] = [
  defineRoute({
    id: "listDestinations",
    method: "GET",
    path: "/v1/destinations",
    scope: "read",
    narrowing: "whole",
    summary: "The destinations that have a lane of their own, those with the most waiting first",
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ destinations: z.array(destinationSchema), after: z.null() }),
    async handle(_, { producer }) {
      const destinations = (await producer.destinations.list()).map(toShownDestination);
      return { status: 200, body: { destinations, after: null } };
    },
  }),
  defineRoute({
    ...ALL,
    id: "getDestination",
    method: "GET",
    path: "/v1/destinations/:origin",
    scope: "read",
    summary: "One destination",
    handle: ({ params: { origin } }, tools) => show(origin, tools),
  }),
  defineRoute({
    ...ALL,
    id: "limitDestination",
    method: "PUT",
    path: "/v1/destinations/:origin/limits",
    scope: "manage",
    summary: "Set what it is granted, over all workers together; this stands above the limits of actions",
    body: z
      .strictObject({ ...limitsSchema.shape, for: forSchema })
      .refine(
        ({ ratePerSecond, concurrency }) => ratePerSecond !== undefined || concurrency !== undefined,
        "must have ratePerSecond or concurrency",
      ),
    async handle({ params: { origin }, body: { for: lasting, ...limits } }, tools) {
      await tools.producer.destinations.limit(origin, limits, toForATime({ for: lasting }));
      return show(origin, tools);
    },
  }),
  defineRoute({
    ...ALL,
    id: "unlimitDestination",
    method: "DELETE",
    path: "/v1/destinations/:origin/limits",
    scope: "manage",
    summary: "Take the limits back that were set here; those of actions stay",
    async handle({ params: { origin } }, tools) {
      await tools.producer.destinations.limit(origin, null);
      return show(origin, tools);
    },
  }),
  defineRoute({
    ...ALL,
    id: "pauseDestination",
    method: "POST",
    path: "/v1/destinations/:origin/pause",
    scope: "manage",
    summary: "Send nothing to it until it is resumed, or for a time",
    body: z.strictObject({ for: forSchema }).nullish(),
    async handle({ params: { origin }, body }: Call<Params, undefined, ForBody>, tools) {
      await tools.producer.destinations.pause(origin, toForATime(body ?? {}));
      return show(origin, tools);
    },
  }),
  defineRoute({
    ...ALL,
    id: "resumeDestination",
    method: "POST",
    path: "/v1/destinations/:origin/resume",
    scope: "manage",
    summary: "Send to it again; also closes its circuit and ends a rest that it asked for",
    async handle({ params: { origin } }, tools) {
      await tools.producer.destinations.resume(origin);
      return show(origin, tools);
    },
  }),
];
