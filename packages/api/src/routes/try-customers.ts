// The dry run of a file of customers: read like one that is enqueued, each request composed, and nothing sent
// or kept.

import { Readable } from "node:stream";
import { getOpen } from "@postrider/producer/actions/archived";
import { parseValues } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { REASON_NAMES } from "@postrider/shared/outcome";
import { z } from "zod";
import { rejectedLineSchema } from "../customers-stream/progress-lines.ts";
import { CUSTOMERS_TYPES, customersBodyQuery, openCustomersBody } from "../customers-stream/received-body.ts";
import { tellUntilEnded } from "../customers-stream/told-lines.ts";
import { type Trial, tryCustomers } from "../customers-stream/trial.ts";
import { problemSchema, toPostriderError, toProblemDetails } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { customerIdSchema } from "./customer.ts";

const NDJSON = "application/x-ndjson";
const PROGRESS_MS = 1_000;

const count = z.int().min(0);

const trialLineSchema = z.strictObject({
  composed: count.describe("So many requests would be sent."),
  cancelled: count.describe("Called off by the template."),
  failed: count.describe("Cannot be composed, and would be dead letters."),
  rejected: count.describe("Lines that would not be enqueued."),
  line: count.describe("All up to this line is tried."),
  failures: z
    .array(
      z.strictObject({
        reason: z.enum(REASON_NAMES),
        message: z.string(),
        count,
        customerId: customerIdSchema.describe("The first whom it befalls."),
        line: z.int(),
      }),
    )
    .optional()
    .describe("In the last line: why they would fail, what most fail for first, a hundred kinds at most."),
  samples: z
    .array(
      z.strictObject({
        customerId: customerIdSchema,
        method: z.string(),
        url: z.string().nullable(),
        headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
        body: z.string().nullable().describe("Its beginning."),
      }),
    )
    .optional()
    .describe("In the last line: the first requests, credentials masked."),
  rejectedLines: z
    .array(rejectedLineSchema)
    .optional()
    .describe("In the last line: the first of them, with what to change."),
  rejectedMore: count.optional().describe("In the last line: how many more were rejected."),
  done: z.literal(true).optional().describe("In the last line, where all was read."),
  error: problemSchema.optional().describe("In the last line, where it was not."),
});

export const tryCustomersRoute: Route = defineRoute({
  id: "tryCustomers",
  method: "POST",
  path: "/v1/actions/:id/deliveries/dry-run",
  scope: "enqueue",
  narrowing: "action",
  summary: "What would become of a stream of customers: read and composed, and nothing enqueued",
  params: z.strictObject({ id: z.string().describe("The action, as `id` or `id@version`.") }),
  query: z.strictObject(customersBodyQuery),
  streams: CUSTOMERS_TYPES,
  replies: {
    200: "NDJSON: how far it is, about every second; a last line has `done`, or `error` with problem details.",
  },
  text: { type: NDJSON, line: trialLineSchema },
  errors: ["action_unknown", "action_archived", "delivery_invalid"],
  repeats: "again",
  async handle(call, { producer, composer, now, isOpen, streamSilenceMs }) {
    const { params, query, signal } = call;
    const body = openCustomersBody(call);
    const { event, values, after, rejectedMax } = query;
    const saved = await getOpen(producer.actions, params.id);
    const trial = tryCustomers(
      { ...body, after, rejectedMax, silenceMs: streamSilenceMs },
      { saved, composer, now, ...(event && { event }), ...(values && { values: parseValues(values) }) },
    );
    const leave = (): void => trial.stop(new PostriderError("aborted", "the client has gone"));
    signal.addEventListener("abort", leave, { once: true });
    const lines = tellUntilEnded(trial, {
      everyMs: PROGRESS_MS,
      toLine() {
        if (!isOpen()) trial.stop(new PostriderError("aborted", "the API is stopping; try it again"));
        return trial.counts();
      },
      toLast: (ending) => ({
        ...toLast(trial),
        ...(ending === null
          ? { done: true }
          : { error: toProblemDetails(toPostriderError(ending.error), call.requestId) }),
      }),
    });
    return {
      status: 200,
      headers: { "x-accel-buffering": "no" },
      text: { type: NDJSON, text: Readable.from(lines, { objectMode: false, highWaterMark: 1 }) },
    };
  },
});

function toLast(trial: Trial): object {
  const rejectedLines = trial.rejectedLines();
  const counts = trial.counts();
  return {
    ...counts,
    failures: trial.kinds(),
    samples: trial.samples(),
    rejectedLines,
    rejectedMore: counts.rejected - rejectedLines.length,
  };
}
