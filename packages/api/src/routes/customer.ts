// Customers as they stand in requests and replies.

import { z } from "zod";

export const customerIdSchema = z.union([z.string(), z.number(), z.bigint()], {
  error: "must be a text or a number",
});

export const customerSchema = z
  .looseObject({ id: customerIdSchema })
  .describe("The person's attributes; `id` is required, anything else is the templates' business.");
