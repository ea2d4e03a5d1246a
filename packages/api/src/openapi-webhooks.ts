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
  const events = EVENT_TYPES.map((type) => [
    type,
    toWebhook(type, EVENTS[type].text, eventSchemaOf(type), toSchema),
  ]);
  const outcomes = OUTCOMES.map((outcome) => {
    const [type, text] = [`outcome.${outcome}`, `A delivery has ended as ${outcome}.`];
    const data = outcomeSchema.describe("As readers of outcomes are told.");
    const schema = z.strictObject({ id: z.string(), type: z.literal(type), timestamp: timeSchema, data });
    return [type, toWebhook(type, text, schema, toSchema)];
  });
  return Object.fromEntries([...events, ...outcomes]) as Json;
}

function toWebhook(type: string, summary: string, schema: z.ZodType, toSchema: ToSchema): Json {
  return {
    post: {
      operationId: `on.${type}`,
      summary,
      tags: ["webhooks"],
      requestBody: {
        required: true,
        content: { "application/json": { schema: toSchema(schema) } },
      },
      responses: {
        "2XX": { description: "Taken. Anything else is tried again as the action's `retry` says." },
      },
    },
  };
}
