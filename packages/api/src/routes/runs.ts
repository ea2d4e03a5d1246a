// Runs: their counters, and the switches that stop and let go of them.

import type { Run } from "@postrider/producer/runs/run";
import type { RunPlace } from "@postrider/producer/runs/runs";
import { PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { type Caller, reaches } from "../route/caller.ts";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime, toTimeOrNull } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";

const params = z.strictObject({ id: z.string().min(1).max(100).describe("The run's id.") });

const count = z.int().min(0);

export const runStateSchema = z.enum(["running", "paused", "held", "cancelled", "completed"]);

export const runSchema = z.strictObject({
  run: z.string(),
  state: runStateSchema,
  action: z.string().describe("`id@version`."),
  lane: z.string(),
  createdAt: timeSchema,
  closedAt: timeSchema.nullable().describe("Since when no more is to come."),
  completedAt: timeSchema.nullable(),
  enqueued: count,
  delivered: count,
  failed: count,
  expired: count,
  cancelled: count,
  waiting: count.describe("Due, or delayed."),
  inFlight: count,
  retries: count,
  imbalance: z
    .strictObject({ lost: count, surplus: count })
    .describe("Where these counters do not add up with what lies in the lanes."),
  failedByReason: z.record(z.string(), count),
  endedPerSecond: z.number().nullable(),
  endsAt: timeSchema.nullable().describe("When nothing will be left, at that rate."),
});

export function toShownRun(run: Run): z.input<typeof runSchema> {
  const { createdAt, closedAt, completedAt, endsAt, failedByReason, ...rest } = run;
  return {
    ...rest,
    failedByReason: { ...failedByReason },
    createdAt: toTime(createdAt),
    closedAt: toTimeOrNull(closedAt),
    completedAt: toTimeOrNull(completedAt),
    endsAt: toTimeOrNull(endsAt),
  };
}

/** A run that the caller reaches. @throws `run_unknown`, also for one that it does not reach. */
async function find(id: string, caller: Caller, { producer }: Tools): Promise<Run> {
  const run = await producer.runs.get(id);
  if (reaches(caller, run)) return run;
  throw new PostriderError("run_unknown", `no run is called ${id}`);
}

/** A switch of a run, which is shown as it stands afterwards. */
function addSwitch(
  name: "close" | "pause" | "resume" | "cancel",
  summary: string,
  errors: Route["errors"] = [],
): Route {
  return defineRoute({
    id: `${name}Run`,
    method: "POST",
    path: `/v1/runs/:id/${name}`,
    scope: "manage",
    narrowing: "found",
    summary,
    params,
    replies: { 200: "The run as it stands now." },
    reply: runSchema,
    errors: ["run_unknown", ...errors],
    async handle({ params: { id }, caller }, tools) {
      await find(id, caller, tools);
      await tools.producer.runs[name](id);
      return { status: 200, body: toShownRun(await tools.producer.runs.get(id)) };
    },
  });
}

/** Each is some round trips. */
const LIST_MAX = 200;

function encodePlace({ run, createdAt }: RunPlace): string {
  return Buffer.from(`${createdAt} ${run}`).toString("base64url");
}

/** @throws `request_invalid`. */
function decodePlace(after: string): RunPlace {
  const [, createdAt, run] = /^(\d{1,16}) (.{1,100})$/.exec(Buffer.from(after, "base64url").toString()) ?? [];
  if (createdAt !== undefined && run !== undefined) return { run, createdAt: Number(createdAt) };
  const message = "is none that an earlier list has given";
  throw new PostriderError("request_invalid", `query after: ${message}`, {
    problems: [{ field: "query after", message }],
  });
}

export const runRoutes: readonly Route[] = [
  defineRoute({
    id: "listRuns",
    method: "GET",
    path: "/v1/runs",
    scope: "read",
    narrowing: "found",
    summary: "The newest runs, newest first",
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(LIST_MAX).default(50),
      after: z.string().max(300).optional().describe("Of the page before, to go on behind it."),
    }),
    replies: { 200: "A page; one of a narrowed token may be short and have more behind it: `after` tells." },
    reply: z.strictObject({ runs: z.array(runSchema), after: z.string().nullable() }),
    async handle({ query: { limit, after }, caller }, { producer }) {
      const runs = await producer.runs.list(limit, after === undefined ? undefined : decodePlace(after));
      const shown = runs.filter((run) => reaches(caller, run)).map(toShownRun);
      const last = runs.length < limit ? undefined : runs.at(-1);
      return { status: 200, body: { runs: shown, after: last === undefined ? null : encodePlace(last) } };
    },
  }),
  defineRoute({
    id: "getRun",
    method: "GET",
    path: "/v1/runs/:id",
    scope: "read",
    narrowing: "found",
    summary: "A run's facts and counters",
    params,
    replies: { 200: "The run." },
    reply: runSchema,
    errors: ["run_unknown"],
    handle: async ({ params: { id }, caller }, tools) => ({
      status: 200,
      body: toShownRun(await find(id, caller, tools)),
    }),
  }),
  addSwitch("close", "No more will be enqueued: with its last delivery the run is completed"),
  addSwitch("pause", "Nothing more of the run is sent until it is resumed", ["run_cancelled"]),
  addSwitch("resume", "Go on with a paused run", ["run_cancelled"]),
  addSwitch("cancel", "Nothing more of the run is sent, ever"),
  defineRoute({
    id: "releaseRun",
    method: "POST",
    path: "/v1/runs/:id/release",
    scope: "manage",
    narrowing: "found",
    summary: "Let a held run go, or one delivery of it",
    params,
    body: z
      .strictObject({ delivery: z.string().min(1).max(100).optional().describe("Only this one, by its id.") })
      .nullish(),
    replies: { 200: "The run as it stands now." },
    reply: runSchema,
    errors: ["run_unknown", "run_cancelled", "delivery_unknown"],
    async handle(
      call: Call<{ id: string }, undefined, { delivery?: string | undefined } | null | undefined>,
      tools,
    ) {
      const { id } = call.params;
      await find(id, call.caller, tools);
      await tools.producer.runs.release(id, call.body?.delivery);
      return { status: 200, body: toShownRun(await tools.producer.runs.get(id)) };
    },
  }),
];
