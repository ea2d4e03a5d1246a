// Everything at a glance, for whoever looks again every second: two looks make rates.

import type { Overview } from "@postrider/producer/overview/overview";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime, toTimeOrNull } from "../route/times.ts";
import { runStateSchema } from "./runs.ts";
import { shardsAwaySchema, sharedLaneSchema, sharedLanesQuery } from "./shown-lane.ts";

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

export const overviewRoute: Route = defineRoute({
  id: "getOverview",
  method: "GET",
  path: "/v1/overview",
  scope: "read",
  narrowing: "whole",
  summary: "Lanes, destinations in trouble, runs under way and workers, at one look",
  query: z.strictObject({ lanes: sharedLanesQuery }),
  replies: { 200: "What there is now; two looks make rates." },
  reply: z.strictObject({
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
    destinations: z
      .array(troubledSchema)
      .describe("Those that do not flow freely, the latest trouble first."),
    destinationsTotal: count,
    runs: z.array(runSchema).describe("Those that are not over, the newest first."),
    workers: z.array(z.strictObject({ id: z.string(), silentMs: count })),
    shardsAway: shardsAwaySchema,
  }),
  async handle({ query: { lanes = [] } }, { producer }) {
    return { status: 200, body: toShown(await producer.overview(lanes)) };
  },
});

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
