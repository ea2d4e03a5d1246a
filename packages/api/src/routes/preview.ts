// Previews: the requests that customers would get, masked, with what an author should know of them.

import { toPreview } from "@postrider/compose/preview";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import { type EventData, parseCustomer, parseValues, type Values } from "@postrider/shared/delivery";
import { z } from "zod";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema } from "../route/times.ts";
import { actionParams } from "./actions.ts";
import { customerIdSchema, customerSchema } from "./customer.ts";
import { readDraft } from "./drafts.ts";

const CUSTOMERS_MAX = 50;

const bodySchema = z
  .strictObject({
    customer: customerSchema.optional(),
    customers: z.array(customerSchema).min(1).max(CUSTOMERS_MAX).optional().describe("Instead of one."),
    event: z.looseObject({}).optional(),
    values: z.looseObject({}).optional().describe("What else templates see: `event_name`, `trigger`, …"),
    at: timeSchema.optional().describe("When the delivery is due, which templates call now."),
    deliveryId: z.string().min(1).max(100).default("preview"),
    action: z
      .looseObject({})
      .optional()
      .describe("A document that is not saved yet, instead of the saved action."),
  })
  .refine(({ customer, customers }) => (customer === undefined) !== (customers === undefined), {
    path: ["customer"],
    message: "must be there, or customers, and not both",
  });

const previewSchema = z.strictObject({
  customerId: customerIdSchema,
  method: z.string(),
  url: z.string().nullable().describe("Null where it would fail, or the template calls it off."),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  body: z.string().nullable(),
  problems: z.array(problemDetailSchema),
  unused: z.array(z.string()).describe("Paths of these data that the templates do not read."),
  missing: z.array(z.string()).describe("Paths that the templates read and these data lack."),
  bytes: z.strictObject({ headers: z.int(), body: z.int() }).nullable(),
});

export const previewRoutes: readonly Route[] = [
  defineRoute({
    id: "previewAction",
    method: "POST",
    path: "/v1/actions/:id/preview",
    scope: "read",
    narrowing: "action",
    summary: "The requests that one customer, or up to 50, would get; nothing is sent",
    params: actionParams,
    body: bodySchema,
    repeats: "again",
    replies: { 200: "What would be sent, by customer, with credentials masked." },
    reply: z.strictObject({
      action: z.string().describe("`id@version`; the id alone for a document that is not saved."),
      previews: z.array(previewSchema),
      warnings: z.array(problemDetailSchema).describe("What will surprise its author, whoever the customer."),
      outputs: z
        .array(
          z.strictObject({
            field: z.string(),
            line: z.int(),
            column: z.int(),
            expression: z.string(),
            place: z.string(),
          }),
        )
        .describe("What the templates print, and where that lands."),
    }),
    errors: ["action_unknown", "action_invalid", "customer_invalid", "delivery_invalid"],
    async handle({ params: { id }, body }, tools) {
      const { name, compiled } = await readDraft(id, body.action, tools);
      const given = (body.customers ?? [body.customer]).map(parseCustomer);
      const values = body.values === undefined ? undefined : parseValues(body.values);
      const dueAt = body.at === undefined ? tools.now() : Date.parse(body.at);
      const facts = { id: body.deliveryId ?? "preview", dueAt };
      const previews = [];
      for (const customer of given) {
        const scope = withMaskedSecrets(
          toScope({ customer, ...toExtras(body.event, values) }, facts.id),
          compiled.action,
        );
        previews.push({
          customer,
          ...toPreview(compiled, scope, await tools.composer.compose(compiled, facts, scope)),
        });
      }
      const [{ warnings, outputs } = { warnings: [], outputs: [] }] = previews;
      return {
        status: 200,
        body: {
          action: name,
          previews: previews.map(
            ({ customer, warnings: _, outputs: __, problems, headers, unused, missing, ...rest }) => ({
              customerId: customer.id,
              ...rest,
              headers: [...headers],
              unused: [...unused],
              missing: [...missing],
              problems: toShownProblems(problems),
            }),
          ),
          warnings: toShownProblems(warnings),
          outputs: [...outputs],
        },
      };
    },
  }),
];

function toExtras(event: EventData | undefined, values: Values | undefined) {
  return { ...(event !== undefined && { event }), ...(values !== undefined && { values }) };
}
