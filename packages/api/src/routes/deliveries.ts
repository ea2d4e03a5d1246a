// Deliveries: enqueued one by one or up to a thousand at once, and explained.

import type { DeliveryOrder } from "@postrider/producer/enqueue/enqueue";
import { type AllEnqueued, type Rejected, toProblems } from "@postrider/producer/enqueue/enqueue-all";
import { PostriderError } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import { z } from "zod";
import { type Caller, reaches } from "../route/caller.ts";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { readInput } from "../route/read-input.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";
import { customerSchema } from "./customer.ts";
import { deliverySchema, isDeliveryReached, toShownDelivery } from "./shown-delivery.ts";
import { deliveryRequestSchema, isRequestReached, toShownDeliveryRequest } from "./shown-request.ts";

const ORDERS_MAX = 1_000;

const orderSchema = z.strictObject({
  action: z.string().min(1).max(120).describe("`id` for the latest version, or `id@version`."),
  customer: customerSchema,
  event: z.looseObject({}).optional().describe("The triggering event's attributes."),
  values: z.looseObject({}).optional().describe("What else templates see: `event_name`, `trigger`, …"),
  key: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe("The same key again, until a day after its end, is a duplicate."),
  lane: z.string().optional().describe("The shared lane; `transactional` unless given."),
  labels: z.array(z.string()).max(10).optional().describe("Short texts that its outcome carries."),
  sendAt: timeSchema.optional().describe("Not before this time."),
  expiresAt: timeSchema.optional().describe("No attempt after this time."),
});

type OrderGiven = z.output<typeof orderSchema>;

const errorSchema = z.strictObject({
  index: z.int().describe("The order's place, from 0."),
  code: z.string(),
  message: z.string(),
  problems: z.array(problemDetailSchema),
});

const replySchema = z.strictObject({
  ids: z.array(z.string().nullable()).describe("By the orders' places; null where one was skipped."),
  enqueued: z.int(),
  duplicates: z.int().describe("Known before, by their keys."),
  errors: z.array(errorSchema).describe("What was skipped."),
});

export const deliveryRoutes: readonly Route[] = [
  defineRoute({
    id: "enqueueDeliveries",
    method: "POST",
    path: "/v1/deliveries",
    scope: "enqueue",
    narrowing: "found",
    summary: "Enqueue one delivery, or a list of up to 1,000",
    query: z.strictObject({
      onInvalid: z
        .enum(["refuse", "skip"])
        .default("refuse")
        .describe("`refuse`: one that is not valid, and nothing is taken in; `skip`: the others are."),
    }),
    body: z.union([orderSchema, z.array(orderSchema).min(1).max(ORDERS_MAX)]),
    bodyIsChecked: "by handler",
    replies: { 202: "They are taken in: each will end in one outcome." },
    reply: replySchema,
    errors: ["delivery_invalid", "customer_invalid", "action_unknown", "action_archived", "redis_full"],
    async handle({ query: { onInvalid }, body, caller, idempotencyKey, requestId, log }, tools) {
      const toOwnKey = (index: number): string | null =>
        idempotencyKey === null ? null : `api\0${caller.id}\0${idempotencyKey}\0${index}`;
      if (!Array.isArray(body)) {
        const order = toOrder(body, caller, toOwnKey(0));
        const reply = await enqueueOne(order, onInvalid, tools);
        const [deliveryId] = reply.ids;
        return { status: 202, body: reply, ...(deliveryId && { noted: { deliveryId } }) };
      }
      checkCount(body);
      const orders = body.map((order, index) => toOrder(order, caller, toOwnKey(index)));
      const reply = toReply(await tools.producer.enqueueAll(orders, { onInvalid }));
      logIds(reply.ids, requestId, log);
      const { enqueued, duplicates } = reply;
      return { status: 202, body: reply, noted: { enqueued, duplicates } };
    },
  }),
  defineRoute({
    id: "getDelivery",
    method: "GET",
    path: "/v1/deliveries/:id",
    scope: "read",
    narrowing: "found",
    summary: "One delivery explained: where it is, what its attempts met, and what comes next",
    params: z.strictObject({ id: z.string().min(1).max(100) }),
    replies: { 200: "The delivery." },
    reply: deliverySchema,
    errors: ["delivery_unknown"],
    async handle({ params: { id }, caller }, { producer }) {
      const shown = await producer.deliveries.show(id);
      if (!isDeliveryReached(caller, shown))
        throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
      return { status: 200, body: toShownDelivery(shown) };
    },
  }),
  defineRoute({
    id: "getDeliveryRequest",
    method: "GET",
    path: "/v1/deliveries/:id/request",
    scope: "read",
    narrowing: "found",
    summary: "The request of a delivery's next attempt, credentials masked, and what it is made of",
    params: z.strictObject({ id: z.string().min(1).max(100) }),
    replies: { 200: "The request, or why there is none." },
    reply: deliveryRequestSchema,
    errors: ["delivery_unknown"],
    async handle({ params: { id }, caller }, { producer, composer }) {
      const shown = await producer.deliveries.request(id, { compose: composer.compose });
      if (!isRequestReached(caller, shown))
        throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
      return { status: 200, body: toShownDeliveryRequest(shown) };
    },
  }),
];

/** Docker parts lines that are longer than 16 KiB. */
const IDS_PER_LINE = 200;

/** The lines that tell which request has enqueued which deliveries. */
function logIds(ids: readonly (string | null)[], requestId: string, log: Logger): void {
  const known = ids.filter((id) => id !== null);
  for (let from = 0; from < known.length; from += IDS_PER_LINE)
    log.info({ requestId, deliveryIds: known.slice(from, from + IDS_PER_LINE) }, "enqueued");
}

/** @throws `request_invalid`. */
function checkCount(given: readonly unknown[]): void {
  if (given.length >= 1 && given.length <= ORDERS_MAX) return;
  const message = `a list must have 1 to ${ORDERS_MAX} deliveries; more travel as a stream, to /v1/actions/:id/deliveries`;
  throw new PostriderError("request_invalid", message, { problems: [{ field: "", message }] });
}

/**
 * An order as the library takes it, or the error in its place.
 * @param ownKey its key where it brings none, so that a repeated request gives the same delivery; null: none.
 */
function toOrder(given: unknown, caller: Caller, ownKey: string | null): DeliveryOrder | PostriderError {
  try {
    readInput({ params: null, query: null, body: orderSchema }, { params: null, query: null, body: given });
  } catch (error) {
    if (!(error instanceof PostriderError)) throw error;
    return new PostriderError("delivery_invalid", error.message, { problems: error.problems });
  }
  const { sendAt, expiresAt, key, ...order } = given as OrderGiven;
  const home = order.lane ?? chooseLane(false);
  if (!reaches(caller, { action: order.action, lane: home }))
    return new PostriderError(
      "forbidden",
      `the token does not reach the action ${order.action} in the lane ${home}`,
    );
  const named = key ?? ownKey;
  return {
    ...order,
    ...(named !== null && { key: named }),
    ...(sendAt !== undefined && { sendAt: new Date(sendAt) }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
  } as DeliveryOrder;
}

/** @throws with `refuse` what is wrong with the order. */
async function enqueueOne(
  order: DeliveryOrder | PostriderError,
  onInvalid: "refuse" | "skip",
  tools: Tools,
): Promise<z.input<typeof replySchema>> {
  const taken = order instanceof PostriderError ? order : await tools.enqueueOne(order);
  if (!(taken instanceof PostriderError)) {
    const { id, isDuplicate } = taken;
    return { ids: [id], enqueued: isDuplicate ? 0 : 1, duplicates: isDuplicate ? 1 : 0, errors: [] };
  }
  if (onInvalid === "skip")
    return { ids: [null], enqueued: 0, duplicates: 0, errors: [toError({ index: 0, error: taken })] };
  throw new PostriderError(taken.code, taken.message, { cause: taken, problems: toProblems(taken) });
}

function toError({ index, error }: Rejected): z.input<typeof errorSchema> {
  const { code, message } = error;
  return { index, code, message, problems: toShownProblems(toProblems(error)) };
}

function toReply({ ids, enqueued, duplicates, recovered, rejected }: AllEnqueued) {
  return {
    ids: [...ids],
    // What was known and lost is taken in once more.
    enqueued: enqueued + recovered,
    duplicates,
    errors: rejected.map(toError),
  };
}
