// The webhooks of the OpenAPI description: what subscriptions deliver, made of the one list of events.

import { EVENT_TYPES, EVENTS } from "@postrider/shared/operator-event";
import { OUTCOMES } from "@postrider/shared/outcome";
import { z } from "zod";
import { timeSchema } from "./route/times.ts";
import { eventSchemaOf } from "./routes/shown-event.ts";
import { outcomeSchema } from "./routes/shown-outcome.ts";

type Json = Readonly<Record<string, unknown>>;
type ToSchema = (schema: z.ZodType) => Json;

/** What subscriptions deliver, where their action prints `{{ event }}`. */
export function describeWebhooks(toSchema: ToSchema): Json {
  const webhooks: Record<string, Json> = {};
  for (const type of EVENT_TYPES) {
    const { text, example: data } = EVENTS[type];
    const example = { id: `${type}:…`, type, timestamp: "2026-11-28T09:30:00.000Z", data };
    webhooks[type] = toWebhook(type, text, { schema: toSchema(eventSchemaOf(type)), example });
  }
  for (const outcome of OUTCOMES) {
    const type = `outcome.${outcome}`;
    const data = outcomeSchema.describe("As readers of outcomes are told.");
    const schema = z.strictObject({ id: z.string(), type: z.literal(type), timestamp: timeSchema, data });
    webhooks[type] = toWebhook(type, `A delivery has ended as ${outcome}.`, { schema: toSchema(schema) });
  }
  return webhooks;
}

function toWebhook(type: string, summary: string, content: Json): Json {
  return {
    post: {
      operationId: `on.${type}`,
      summary,
      tags: ["webhooks"],
      requestBody: { required: true, content: { "application/json": content } },
      responses: {
        "2XX": { description: "Taken. Anything else is tried again as the action's `retry` says." },
      },
    },
  };
}
