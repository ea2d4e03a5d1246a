// Customers of any number in one request: NDJSON or CSV is read as a stream into a run, and the answer is a
// stream as well, of how far it is.

import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { parseValues } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { chooseLane, isLaneName } from "@postrider/shared/lanes";
import { z } from "zod";
import { lineSchema, toProgressLines } from "../customers-stream/progress-lines.ts";
import { type Reception, receive, type StreamOrder } from "../customers-stream/receive.ts";
import { CUSTOMERS_TYPES, customersBodyQuery, openCustomersBody } from "../customers-stream/received-body.ts";
import { reaches } from "../route/caller.ts";
import { toPostriderError, toProblemDetails } from "../route/problem.ts";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import { timeSchema } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";

const NDJSON = "application/x-ndjson";
const PROGRESS_MS = 1_000;
/** How often a stream looks whether the API is told to stop: a fraction of the shortest grace. */
const STOP_LOOK_MS = 250;

const flag = z.enum(["true", "false"]).default("false");

const query = z.strictObject({
  run: z
    .string()
    .optional()
    .describe(
      "The run; the same one again enqueues only what is missing. Absent: a new one, which the first line names.",
    ),
  lane: z
    .string()
    .refine(isLaneName, "must be 1 to 50 of a-z 0-9 _ - and start with a letter or digit")
    .optional()
    .describe("The lane to start in; absent: bulk."),
  ...customersBodyQuery,
  open: flag.describe("More customers of this run will come: it is not closed at the end."),
  hold: flag.describe("The deliveries wait until the run is released."),
  labels: z
    .string()
    .max(1_000)
    .transform((text) => text.split(",").map((label) => label.trim()))
    .optional()
    .describe("Short texts, separated by commas, that the outcomes carry."),
  sendAt: timeSchema.optional().describe("Not before this time."),
  expiresAt: timeSchema.optional().describe("No attempt after this time."),
});
type Query = z.output<typeof query>;

export const sendCustomers: Route = defineRoute({
  id: "sendCustomers",
  method: "POST",
  path: "/v1/actions/:id/deliveries",
  scope: "enqueue",
  narrowing: "action",
  summary: "Enqueue a run of any length from a stream of NDJSON or CSV",
  params: z.strictObject({ id: z.string().describe("The action, as `id` or `id@version`.") }),
  query,
  streams: CUSTOMERS_TYPES,
  replies: {
    200: "NDJSON: how far it is, about every second; a last line has `done`, or `error` with problem details.",
  },
  text: { type: NDJSON, line: lineSchema },
  errors: [
    "action_unknown",
    "action_archived",
    "delivery_invalid",
    "run_mismatch",
    "run_cancelled",
    "redis_full",
  ],
  repeats: "again",
  async handle(call, tools) {
    const { run, reception } = await begin(call, tools);
    const lines = toProgressLines(reception, {
      run,
      everyMs: PROGRESS_MS,
      toProblem: (error) => toProblemDetails(toPostriderError(error), call.requestId),
    });
    return {
      status: 200,
      // A proxy that gathers answers would keep the lines back until the end.
      headers: { "x-accel-buffering": "no" },
      noted: { run },
      text: { type: NDJSON, text: Readable.from(lines, { objectMode: false, highWaterMark: 1 }) },
    };
  },
});

type StreamCall = Call<{ id: string }, Query>;

/** @throws whatever keeps the run from being begun. */
async function begin(call: StreamCall, { producer, isOpen, streamSilenceMs }: Tools): Promise<Begun> {
  const { params, query: asked, caller, signal } = call;
  const body = openCustomersBody(call);
  if (!reaches(caller, { lane: asked.lane ?? chooseLane(true) }))
    throw new PostriderError("forbidden", "the token does not reach this lane");
  const run = asked.run ?? newRunId(params.id);
  const reception = await receive(
    {
      ...body,
      after: asked.after,
      rejectedMax: asked.rejectedMax,
      silenceMs: streamSilenceMs,
    },
    { action: params.id, run, ...toRunOptions(asked) },
    producer.enqueueMany,
  );
  const leave = (): void => reception.stop(new PostriderError("aborted", "the client has gone"));
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  stopWithApi(reception, isOpen);
  void reception.ended.then((ending) => {
    const error = "error" in ending ? toPostriderError(ending.error) : null;
    const facts = {
      requestId: call.requestId,
      run,
      ...reception.counts(),
      ...(error && { code: error.code }),
    };
    if (error?.code === "internal") call.log.error({ ...facts, err: error.cause ?? error }, "stream ended");
    else call.log.info(facts, "stream ended");
  });
  return { run, reception };
}

interface Begun {
  readonly run: string;
  readonly reception: Reception;
}

function stopWithApi(reception: Reception, isOpen: () => boolean): void {
  const look = setInterval(() => {
    if (isOpen()) return;
    reception.stop(
      new PostriderError("aborted", "the API is stopping; the same run again, or `after` the line, goes on"),
    );
  }, STOP_LOOK_MS);
  void reception.ended.then(() => clearInterval(look));
}

function toRunOptions({
  lane,
  labels,
  event,
  values,
  sendAt,
  expiresAt,
  hold,
  open,
}: Query): Omit<StreamOrder, "action" | "run"> {
  return {
    ...(lane !== undefined && { lane }),
    ...(labels !== undefined && { labels }),
    ...(event !== undefined && { event }),
    ...(values !== undefined && { values: parseValues(values) }),
    ...(sendAt !== undefined && { sendAt: new Date(sendAt) }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    ...(hold === "true" && { hold: true }),
    ...(open === "true" && { open: true }),
  };
}

/** Says what and when, sorts by time, and is nobody else's. */
function newRunId(action: string): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const name = (action.split("@")[0] ?? "").replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return `${name.slice(0, 70) || "run"}-${at}-${randomBytes(4).toString("hex")}`;
}
