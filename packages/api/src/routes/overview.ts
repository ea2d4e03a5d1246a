// Everything at a glance, for whoever looks again every second or keeps a stream of
// it: two looks make rates.

import { setTimeout } from "node:timers/promises";
import type { Overview } from "@postrider/producer/overview/overview";
import { hasCode } from "@postrider/shared/errors";
import { z } from "zod";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime, toTimeOrNull } from "../route/times.ts";
import { toJson } from "../route/to-json.ts";
import type { Tools } from "../route/tools.ts";
import { runStateSchema } from "./runs.ts";
import { shardsAwaySchema, sharedLaneSchema, sharedLanesQuery } from "./shown-lane.ts";
import { HEARTBEAT_MS, RETRY_MS, toEventStream } from "./told-stream.ts";

const count = z.int().min(0);

const troubledSchema = z.strictObject({
  origin: z.string(),
  state: z
    .enum(["paused", "circuit-open", "circuit-half-open", "cooling-down", "throttled", "limited"])
    .describe("The strongest of what keeps deliveries from it."),
  since: timeSchema.nullable(),
  until: timeSchema
    .nullable()
    .describe("The next probe, or until when it has asked to be left alone, or is limited."),
  ratePerSecond: z.number().nullable().describe("That it is granted; null: no rate."),
  concurrency: count.nullable(),
  waiting: count,
  delayed: count,
  inFlight: count,
});

const runSchema = z.strictObject({
  run: z.string(),
  state: runStateSchema,
  action: z.string().describe("`id@version`."),
  createdAt: timeSchema,
  isOpen: z.boolean().describe("Whether more may be enqueued."),
  enqueued: count,
  delivered: count,
  failed: count,
  expired: count,
  cancelled: count,
  left: count.describe("Not ended: waiting or in flight."),
});

const overviewSchema = z.strictObject({
  at: timeSchema.describe("By Redis' clock."),
  enqueued: count.describe("Deliveries ever enqueued."),
  ended: count.describe("Deliveries ever ended."),
  inFlight: count,
  lanes: z.array(sharedLaneSchema),
  ownLanes: z.strictObject({
    total: count,
    counted: count.describe("How many of them the sums are of."),
    waiting: count,
    delayed: count,
    inFlight: count,
  }),
  destinations: z.array(troubledSchema).describe("Those that do not flow freely, the latest trouble first."),
  destinationsTotal: count,
  runs: z.array(runSchema).describe("Those that are not over, the newest first."),
  workers: z.array(z.strictObject({ id: z.string(), silentMs: count })),
  shardsAway: shardsAwaySchema,
});

const query = z.strictObject({ lanes: sharedLanesQuery });

/** As often as people look at a number that moves. */
const EVERY_MS = 2_000;
const STOP_LOOK_MS = 250;

export const overviewRoutes: readonly Route[] = [
  defineRoute({
    id: "getOverview",
    method: "GET",
    path: "/v1/overview",
    scope: "read",
    narrowing: "whole",
    summary: "Lanes, destinations in trouble, runs under way and workers, at one look",
    query,
    replies: { 200: "What there is now; two looks make rates." },
    reply: overviewSchema,
    async handle({ query: { lanes = [] } }, { producer }) {
      return { status: 200, body: toShown(await producer.overview(lanes)) };
    },
  }),
  defineRoute({
    id: "streamOverview",
    method: "GET",
    path: "/v1/overview/stream",
    scope: "read",
    narrowing: "whole",
    summary: "The overview as server-sent events, every two seconds for as long as the connection stands",
    query,
    replies: {
      200: "`text/event-stream`: events `overview`, whose data are what `GET /v1/overview` answers.",
    },
    text: { type: "text/event-stream" },
    async handle({ query: { lanes = [] }, signal, isStillWelcome }, tools) {
      const first = await tools.producer.overview(lanes);
      return toEventStream(toEvents(first, { lanes, signal, isStillWelcome, tools }));
    },
  }),
];

interface Streaming extends Pick<Call, "signal" | "isStillWelcome"> {
  readonly lanes: readonly string[];
  readonly tools: Tools;
}

/** One event at a time: whoever reads slowly gets later ones, and none that is old. */
async function* toEvents(first: Overview, streaming: Streaming): AsyncGenerator<string> {
  const { lanes, signal, isStillWelcome, tools } = streaming;
  yield `retry: ${RETRY_MS}\n\n`;
  let overview: Overview | null = first;
  let saidAt = tools.now();
  while (!signal.aborted && tools.isOpen() && (await isStillWelcome())) {
    if (overview !== null) {
      yield `event: overview\ndata: ${toJson(toShown(overview))}\n\n`;
      saidAt = tools.now();
    } else if (tools.now() - saidAt > HEARTBEAT_MS) {
      yield ":\n\n";
      saidAt = tools.now();
    }
    await waitForNext(signal, tools);
    overview = signal.aborted ? null : await lookAgain(lanes, tools);
  }
}

/** Not longer than the API is open, so that it need not wait for its streams when it stops. */
async function waitForNext(signal: AbortSignal, { now, isOpen }: Tools): Promise<void> {
  const until = now() + EVERY_MS;
  while (!signal.aborted && isOpen() && now() < until)
    await setTimeout(STOP_LOOK_MS, undefined, { signal }).catch(() => undefined);
}

/** Null while Redis is away. */
async function lookAgain(lanes: readonly string[], { producer }: Tools): Promise<Overview | null> {
  try {
    return await producer.overview(lanes);
  } catch (error) {
    if (hasCode(error, "redis_unavailable")) return null;
    throw error;
  }
}

function toShown(overview: Overview) {
  const { at, lanes, destinations, runs, workers, shardsAway } = overview;
  return {
    ...overview,
    at: toTime(at),
    lanes: [...lanes],
    destinations: destinations.map(({ since, until, ...one }) => ({
      ...one,
      since: toTimeOrNull(since),
      until: toTimeOrNull(until),
    })),
    runs: runs.map(({ createdAt, ...run }) => ({ ...run, createdAt: toTime(createdAt) })),
    workers: [...workers],
    shardsAway: [...shardsAway],
  };
}
