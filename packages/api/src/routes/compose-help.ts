// What helps to write an action: what templates can be written with, samples to try them on, and the action's
// own examples as tests.

import { LANDING_TEXTS } from "@postrider/compose/describe";
import { type DialectListing, listDialect } from "@postrider/compose/dialect/listing";
import { runExamples } from "@postrider/compose/examples";
import { SCOPE_NAMES } from "@postrider/compose/scope";
import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";
import { readCustomers } from "@postrider/producer/customers/read-customers";
import { type Customer, parseCustomer } from "@postrider/shared/delivery";
import { hasCode, invalidField } from "@postrider/shared/errors";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { actionParams } from "./actions.ts";
import { customerSchema } from "./customer.ts";
import { readDraft } from "./drafts.ts";

/** As many as a preview takes. */
const SAMPLES_MAX = 50;
/** Fifty customers of the largest kind are read in parts, by whoever has them. */
const TEXT_CHARS_MAX = 1_000_000;
const REJECTED_MAX = 100;

let listing: DialectListing | undefined;

export const composeHelpRoutes: readonly Route[] = [
  defineRoute({
    id: "getDialect",
    method: "GET",
    path: "/v1/dialect",
    scope: "read",
    narrowing: "nothing",
    summary: "The filters, tags and names that templates can be written with",
    replies: { 200: "All of them, by name." },
    reply: z.strictObject({
      filters: z.array(
        z.strictObject({
          name: z.string(),
          does: z.string(),
          example: z.string().describe("A template."),
          prints: z.string().describe("What the example prints."),
        }),
      ),
      tags: z.array(z.string()),
      names: z.array(z.string()).describe("What templates see of a delivery."),
      places: z.record(z.string(), z.string()).describe("What is done to a value, by the place it lands in."),
    }),
    handle() {
      listing ??= listDialect();
      const { filters, tags } = listing;
      return {
        status: 200,
        body: {
          filters: filters.map((filter) => ({ ...filter })),
          tags: [...tags],
          names: [...SCOPE_NAMES],
          places: { ...LANDING_TEXTS },
        },
      };
    },
  }),
  defineRoute({
    id: "readSamples",
    method: "POST",
    path: "/v1/samples",
    scope: "read",
    narrowing: "nothing",
    summary: "The first customers of a text, read as a run would read them; nothing is kept",
    body: z.strictObject({
      text: z.string().max(TEXT_CHARS_MAX).describe("NDJSON or CSV; or one customer, or a list, as JSON."),
    }),
    repeats: "again",
    replies: { 200: `The first ${SAMPLES_MAX}, and what is wrong with other lines before them.` },
    reply: z.strictObject({
      customers: z.array(customerSchema),
      rejected: z.array(z.strictObject({ line: z.int(), column: z.int(), message: z.string() })),
      isAll: z.boolean().describe("Whether nothing comes behind them."),
    }),
    errors: ["customer_invalid"],
    async handle({ body: { text } }) {
      return { status: 200, body: (await readWhole(text)) ?? (await readLines(text)) };
    },
  }),
  defineRoute({
    id: "checkAction",
    method: "POST",
    path: "/v1/actions/:id/check",
    scope: "read",
    narrowing: "action",
    summary: "Compose the examples of an action and compare them with what they say; nothing is sent",
    params: actionParams,
    body: z.strictObject({
      action: z
        .looseObject({})
        .optional()
        .describe("A document that is not saved yet, with its examples, instead of the saved action."),
    }),
    repeats: "again",
    replies: { 200: "Each example with what differs." },
    reply: z.strictObject({
      action: z.string(),
      examples: z.array(
        z.strictObject({
          name: z.string(),
          differences: z
            .array(
              z.strictObject({
                what: z.string(),
                expected: z.unknown().optional(),
                actual: z.unknown().optional().describe("Absent where there is none."),
              }),
            )
            .describe("Empty: it came out as it says."),
        }),
      ),
      failed: z.int().describe("How many differ."),
    }),
    errors: ["action_unknown", "action_invalid"],
    async handle({ params: { id }, body }, tools) {
      const { name, compiled, examples } = await readDraft(id, body.action, tools);
      const runs = await runExamples(compiled, examples, tools.composer.compose);
      return {
        status: 200,
        body: {
          action: name,
          examples: runs.map((run) => ({ ...run, differences: run.differences.map((one) => ({ ...one })) })),
          failed: runs.filter(({ differences }) => differences.length > 0).length,
        },
      };
    },
  }),
];

interface Samples {
  readonly customers: Customer[];
  readonly rejected: { readonly line: number; readonly column: number; readonly message: string }[];
  readonly isAll: boolean;
}

/** One customer over many lines, or a list of them. Null: the text is no such thing. */
async function readWhole(text: string): Promise<Samples | null> {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value))
    return typeof value === "object" && value !== null ? readLines(stringifyExact(value)) : null;
  const customers = value.slice(0, SAMPLES_MAX).map((one, index) => {
    try {
      return parseCustomer(one);
    } catch (error) {
      if (!hasCode(error, "customer_invalid")) throw error;
      throw invalidField("customer_invalid", "text", `item ${index + 1}: ${(error as Error).message}`);
    }
  });
  return { customers, rejected: [], isAll: value.length <= SAMPLES_MAX };
}

/** @throws `customer_invalid` where the text is none of what can be read. */
async function readLines(text: string): Promise<Samples> {
  const customers: Customer[] = [];
  const rejected: Samples["rejected"] = [];
  try {
    for await (const line of readCustomers(toBytes(text))) {
      if ("problem" in line) rejected.push({ line: line.line, column: line.column, message: line.problem });
      else if (customers.length === SAMPLES_MAX) return { customers, rejected, isAll: false };
      else customers.push(line.customer);
      if (rejected.length === REJECTED_MAX) return { customers, rejected, isAll: false };
    }
  } catch (error) {
    if (!(error instanceof CustomersFileError)) throw error;
    throw invalidField("customer_invalid", "text", error.message);
  }
  return { customers, rejected, isAll: true };
}

async function* toBytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
