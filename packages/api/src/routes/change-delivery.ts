// What may be changed of one delivery while it waits.

import { PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import type { Caller } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";
import { deliverySchema, isDeliveryReached, toShownDelivery } from "./shown-delivery.ts";

const params = z.strictObject({ id: z.string().min(1).max(100) });

/** @throws `delivery_unknown`, also for one that the caller does not reach. */
async function checkReached(id: string, caller: Caller, { producer }: Tools): Promise<void> {
  if (isDeliveryReached(caller, await producer.deliveries.show(id))) return;
  throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
}

const WAITS = ["delivery_unknown", "delivery_under_way", "delivery_ended"] as const;

export const changeDeliveryRoutes: readonly Route[] = [
  defineRoute({
    id: "changeDelivery",
    method: "PATCH",
    path: "/v1/deliveries/:id",
    scope: "manage",
    narrowing: "found",
    summary: "Change the times of a delivery that waits",
    params,
    body: z
      .strictObject({
        sendAt: timeSchema
          .nullable()
          .optional()
          .describe("Not before this time, null: at once. Only before its first attempt."),
        expiresAt: timeSchema.nullable().optional().describe("No attempt after this time; null: whenever."),
      })
      .refine((changes) => Object.keys(changes).length > 0, "must have sendAt or expiresAt"),
    replies: { 200: "The delivery as it stands now." },
    reply: deliverySchema,
    errors: [...WAITS, "delivery_invalid"],
    async handle({ params: { id }, body: { sendAt, expiresAt }, caller }, tools) {
      await checkReached(id, caller, tools);
      const { deliveries } = tools.producer;
      await deliveries.changeTimes(id, {
        ...(sendAt !== undefined && { sendAt: toDate(sendAt) }),
        ...(expiresAt !== undefined && { expiresAt: toDate(expiresAt) }),
      });
      return { status: 200, body: toShownDelivery(await deliveries.show(id)) };
    },
  }),
  defineRoute({
    id: "cancelDelivery",
    method: "DELETE",
    path: "/v1/deliveries/:id",
    scope: "manage",
    narrowing: "found",
    summary: "End a delivery that waits: it is not sent",
    params,
    replies: { 204: "It has ended as cancelled." },
    errors: WAITS,
    async handle({ params: { id }, caller }, tools) {
      await checkReached(id, caller, tools);
      await tools.producer.deliveries.cancel(id);
      return { status: 204 };
    },
  }),
];

function toDate(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
