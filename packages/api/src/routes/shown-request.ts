// The request of a delivery as the API shows it, and what it is made of.

import type { DeliveryRequest } from "@postrider/producer/deliveries/delivery-request";
import { homeOf } from "@postrider/shared/delivery";
import { z } from "zod";
import { type Caller, isNarrowed, reaches } from "../route/caller.ts";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";

export const deliveryRequestSchema = z.strictObject({
  delivery: z.looseObject({}).nullable().describe("Its data; null: they are kept no more."),
  request: z.looseObject({ method: z.string(), url: z.string() }).nullable(),
  curl: z.string().nullable().describe("A command that would send it, credentials left out."),
  problems: z.array(problemDetailSchema).describe("Why there is no request."),
});

/** One that is kept no more cannot be shown to be reached. */
export function isRequestReached(caller: Caller, { delivery }: DeliveryRequest): boolean {
  if (!isNarrowed(caller)) return true;
  return delivery !== null && reaches(caller, { action: delivery.action, lane: homeOf(delivery) });
}

export function toShownDeliveryRequest({
  delivery,
  request,
  curl,
  problems,
}: DeliveryRequest): z.input<typeof deliveryRequestSchema> {
  return {
    delivery: delivery === null ? null : { ...delivery },
    request: request === null ? null : { ...request },
    curl,
    problems: toShownProblems(problems),
  };
}
