// Subscriptions: which events and outcomes are delivered as webhooks. They concern the whole installation, so
// that a narrowed token reaches none.

import type { Subscription } from "@postrider/producer/subscriptions/subscriptions";
import { EVENT_TYPES } from "@postrider/shared/operator-event";
import { REASON_NAMES } from "@postrider/shared/outcome";
import {
  outcomeFilterSchema,
  type SubscriptionDocument,
  subscriptionSchema,
} from "@postrider/shared/subscription";
import { z } from "zod";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

const params = z.strictObject({ id: z.string().min(1).max(100).describe("The subscription's id.") });

const count = z.int().min(0);

const shownSchema = z.strictObject({
  id: z.string(),
  action: z.string().describe("`id` for the latest version, or `id@version`."),
  events: z.array(z.enum(EVENT_TYPES)).nullable(),
  outcomes: outcomeFilterSchema.nullable(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  unread: count.describe("Events and outcomes told and not yet looked at for it, chosen or not."),
  missed: count.describe("Those that were gone before they could be looked at."),
  problem: z
    .strictObject({ code: z.string(), message: z.string(), at: timeSchema })
    .nullable()
    .describe("What keeps it from being delivered; null: nothing."),
  recent: z
    .strictObject({
      delivered: count,
      failed: count.describe("Failed, expired or cancelled."),
      open: count.describe("Not ended: waiting, put off, or being sent."),
      lastFailure: z
        .strictObject({
          delivery: z.string(),
          reason: z.enum(REASON_NAMES),
          status: z.int().nullable(),
          at: timeSchema,
        })
        .nullable()
        .describe("The one of the failed that ended last."),
    })
    .nullable()
    .describe(
      "What became of the latest deliveries that it made, fifty at most; null where no index of customers is kept.",
    ),
});

function toShown({
  createdAt,
  updatedAt,
  events,
  problem,
  recent,
  ...rest
}: Subscription): z.input<typeof shownSchema> {
  const lastFailure = recent?.lastFailure ?? null;
  return {
    ...rest,
    events: events === null ? null : [...events],
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
    problem: problem === null ? null : { ...problem, at: toTime(problem.at) },
    recent: recent && {
      ...recent,
      lastFailure: lastFailure && { ...lastFailure, at: toTime(lastFailure.at) },
    },
  };
}

export const subscriptionRoutes: readonly Route[] = [
  defineRoute({
    id: "listSubscriptions",
    method: "GET",
    path: "/v1/subscriptions",
    scope: "read",
    narrowing: "whole",
    summary: "All subscriptions, by id",
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ subscriptions: z.array(shownSchema), after: z.null() }),
    async handle(_, { producer }) {
      const subscriptions = (await producer.subscriptions.list()).map(toShown);
      return { status: 200, body: { subscriptions, after: null } };
    },
  }),
  defineRoute({
    id: "getSubscription",
    method: "GET",
    path: "/v1/subscriptions/:id",
    scope: "read",
    narrowing: "whole",
    summary: "A subscription, how far behind it is, and what keeps it from being delivered",
    params,
    replies: { 200: "The subscription." },
    reply: shownSchema,
    errors: ["subscription_unknown"],
    async handle({ params: { id } }, { producer }) {
      return { status: 200, body: toShown(await producer.subscriptions.get(id)) };
    },
  }),
  defineRoute({
    id: "saveSubscription",
    method: "PUT",
    path: "/v1/subscriptions/:id",
    scope: "manage",
    narrowing: "whole",
    summary: "Save a subscription; a new one begins with what is told from now on",
    params,
    body: subscriptionSchema,
    replies: { 200: "It is changed.", 201: "It is new." },
    reply: shownSchema,
    errors: ["subscription_invalid", "action_unknown", "action_archived"],
    async handle(
      { params: { id }, body, log, caller }: Call<{ id: string }, undefined, SubscriptionDocument>,
      tools,
    ) {
      const { subscription, isNew } = await tools.producer.subscriptions.set(id, body);
      log.info({ subscription: id, caller: caller.name }, "subscription saved");
      return { status: isNew ? 201 : 200, body: toShown(subscription) };
    },
  }),
  defineRoute({
    id: "testSubscription",
    method: "POST",
    path: "/v1/subscriptions/:id/test",
    scope: "manage",
    narrowing: "whole",
    summary: "Deliver a sample event to a subscription",
    params,
    body: z
      .strictObject({
        type: z
          .string()
          .max(100)
          .optional()
          .describe(
            "Of this type, such as `run.completed` or `outcome.failed`; absent: the first of its events.",
          ),
      })
      .nullish(),
    replies: { 202: "The id of the delivery." },
    reply: z.strictObject({ delivery: z.string() }),
    errors: ["subscription_unknown", "subscription_invalid", "action_unknown"],
    async handle(
      {
        params: { id },
        body,
      }: Call<{ id: string }, undefined, { type?: string | undefined } | null | undefined>,
      { producer },
    ) {
      return { status: 202, body: { delivery: await producer.subscriptions.test(id, body?.type) } };
    },
  }),
  defineRoute({
    id: "removeSubscription",
    method: "DELETE",
    path: "/v1/subscriptions/:id",
    scope: "manage",
    narrowing: "whole",
    summary: "Remove a subscription; what has been enqueued for it is sent",
    params,
    replies: { 204: "It is gone." },
    errors: ["subscription_unknown"],
    async handle({ params: { id }, log, caller }, { producer }) {
      await producer.subscriptions.remove(id);
      log.info({ subscription: id, caller: caller.name }, "subscription removed");
      return { status: 204 };
    },
  }),
];
