// An example of an action: a customer, and the request that must come of it. Kept beside the action's
// versions, never in them.

import { z } from "zod";
import { isCredentialName, MASK } from "./credential-names.ts";
import { EXAMPLE_DELIVERY_ID, EXAMPLE_TIME } from "./example-facts.ts";
import { REASON_NAMES, type Reason } from "./outcome.ts";

/** An example is kept as it is written, and compares with what may be shown. */
const header = z
  .strictObject({ name: z.string(), value: z.string() })
  .refine(({ name, value }) => !isCredentialName(name) || value === MASK, {
    path: ["value"],
    message: `must be ${MASK}: credentials are compared as they are shown`,
  });

const requestSchema = z.strictObject({
  method: z.string().optional(),
  url: z.string().optional(),
  headers: z.array(header).optional().describe("Headers that must be there; others may be, too."),
  body: z
    .unknown()
    .optional()
    .describe("A text is compared character by character; anything else with the JSON that the body tells."),
});

export const exampleSchema = z
  .strictObject({
    name: z.string().max(200).optional(),
    customer: z.looseObject({ id: z.union([z.string(), z.number(), z.bigint()]) }),
    event: z.looseObject({}).optional(),
    values: z.looseObject({}).optional(),
    deliveryId: z.string().min(1).max(100).default(EXAMPLE_DELIVERY_ID),
    at: z.iso
      .datetime({ offset: true })
      .default(EXAMPLE_TIME)
      .describe("When the delivery is due: what templates call now."),
    request: requestSchema.optional().describe("What must be sent; only what is given is compared."),
    cancelled: z
      .string()
      .optional()
      .describe("The reason with which the template must call the delivery off."),
    fails: z
      .enum(REASON_NAMES as [Reason, ...Reason[]])
      .optional()
      .describe("The reason for which the delivery must fail."),
  })
  .refine(
    ({ request, cancelled, fails }) =>
      [request, cancelled, fails].filter((end) => end !== undefined).length === 1,
    { message: "must say one of request, cancelled and fails" },
  );

export type Example = z.output<typeof exampleSchema>;
