// A test send: the request really goes out, once, from a worker.

import type { EventData, Values } from "@postrider/shared/delivery";
import { z } from "zod";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { actionParams } from "./actions.ts";
import { arrivedSchema } from "./bin.ts";
import { customerSchema } from "./customer.ts";
import { inDocument } from "./drafts.ts";

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
  arrived: arrivedSchema
    .nullable()
    .describe(
      "What the request bin got, byte for byte but for masked credentials; null where it got nothing.",
    ),
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

interface Asked {
  readonly customer: never;
  readonly event?: EventData;
  readonly values?: Values;
  readonly action?: Readonly<Record<string, unknown>>;
  readonly bin?: { readonly status?: number };
}

const ANSWER = 200;

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
    action: z
      .looseObject({})
      .optional()
      .describe("A document that is not saved yet, instead of the saved action."),
    bin: z
      .strictObject({ status: z.int().min(200).max(599).default(200).describe("What it answers with.") })
      .optional()
      .describe("Sends to the built-in request bin, within the worker, and not to the action's address."),
  }),
  replies: { 200: "What came of it." },
  reply: testSendSchema,
  errors: [
    "action_unknown",
    "action_invalid",
    "customer_invalid",
    "delivery_invalid",
    "key_missing",
    "worker_unavailable",
  ],
  async handle({ params: { id }, body, signal }, { producer }) {
    const { action, bin, ...sample } = body as Asked;
    const draft = action === undefined ? {} : { draft: { id, ...action } };
    const to = bin === undefined ? {} : { bin: { status: bin.status ?? ANSWER } };
    const result = await inDocument(action !== undefined, () =>
      producer.testAction(id, sample, { ...draft, ...to, signal }),
    );
    const { arrived = null, problems, ...rest } = result as unknown as Shown;
    return { status: 200, body: { ...rest, arrived, problems: toShownProblems(problems as never) } };
  },
});
