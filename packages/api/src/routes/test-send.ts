// A test send: the request really goes out, once, from a worker.

import type { EventData, Values } from "@postrider/shared/delivery";
import { z } from "zod";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { actionParams } from "./actions.ts";
import { customerSchema } from "./customer.ts";

const ms = z.number().nullable();

export const testSendSchema = z.strictObject({
  request: z
    .strictObject({
      method: z.string(),
      url: z.string(),
      headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      body: z.string().nullable(),
    })
    .nullable()
    .describe("As sent, credentials masked; null where nothing was."),
  reply: z
    .looseObject({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.string() })
    .nullable(),
  fault: z.strictObject({ code: z.string(), message: z.string() }).nullable().describe("Why no answer came."),
  problems: z.array(problemDetailSchema).describe("Why nothing was sent."),
  timings: z.strictObject({
    composeMs: z.number(),
    dnsMs: ms,
    connectMs: ms,
    tlsMs: ms,
    firstByteMs: ms,
    totalMs: z.number(),
  }),
  verdict: z.string(),
  reason: z.string().nullable(),
  retryInMs: z.number().nullable().describe("When a worker would try again; null where it would not."),
});

type Shown = z.input<typeof testSendSchema>;

export const testSendRoute: Route = defineRoute({
  id: "testAction",
  method: "POST",
  path: "/v1/actions/:id/test",
  scope: "manage",
  narrowing: "action",
  summary: "Send an action's request once, really, for one customer; nothing is recorded or retried",
  params: actionParams,
  body: z.strictObject({
    customer: customerSchema,
    event: z.looseObject({}).optional().describe("The triggering event's attributes."),
    values: z.looseObject({}).optional().describe("What else templates see: `event_name`, `trigger`, …"),
  }),
  replies: { 200: "What came of it." },
  reply: testSendSchema,
  errors: ["action_unknown", "customer_invalid", "delivery_invalid", "key_missing", "worker_unavailable"],
  async handle({ params: { id }, body, signal }, { producer }) {
    const sample = body as { customer: never; event?: EventData; values?: Values };
    const result = (await producer.testAction(id, sample, signal)) as unknown as Shown;
    return { status: 200, body: { ...result, problems: toShownProblems(result.problems as never) } };
  },
});
