// What lies in the lanes: the shared ones, the fullest own lanes, and whose circuit is open.

import { readLanesStatus } from "@postrider/producer/lanes-status";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTimeOrNull } from "../route/times.ts";
import { shardsAwaySchema, sharedLaneSchema, sharedLanesQuery } from "./shown-lane.ts";

const OWN_LANES_MAX = 1_000;

const count = z.int().min(0);

const ownLaneState = z.enum([
  "running",
  "paused",
  "held",
  "cancelled",
  "circuit-open",
  "circuit-half-open",
  "cooling-down",
]);

export const statusRoute: Route = defineRoute({
  id: "getStatus",
  method: "GET",
  path: "/v1/status",
  scope: "read",
  narrowing: "whole",
  summary: "What lies in the lanes, the fullest own lanes, and whose circuit is open",
  query: z.strictObject({
    lanes: sharedLanesQuery,
    ownLanes: z.coerce
      .number()
      .int()
      .min(1)
      .max(OWN_LANES_MAX)
      .default(20)
      .describe("Own lanes to show at most."),
  }),
  replies: { 200: "The lanes as they are now." },
  reply: z.strictObject({
    lanes: z.array(sharedLaneSchema),
    ownLanes: z
      .array(
        z.strictObject({
          lane: z.string(),
          kind: z.string(),
          of: z.string().describe("The origin, run or shared lane that it carries."),
          state: ownLaneState,
          waiting: count,
          delayed: count,
          inFlight: count,
        }),
      )
      .describe("Those with the most waiting."),
    ownLanesTotal: count,
    openCircuits: z.array(
      z.strictObject({ origin: z.string(), state: ownLaneState, probeAt: timeSchema.nullable() }),
    ),
    shardsAway: shardsAwaySchema,
    shardsUnpacked: z
      .array(
        z.strictObject({
          shard: z.string(),
          listpackValueBytes: count.describe("Its `hash-max-listpack-value`."),
          listpackEntries: count.describe("Its `hash-max-listpack-entries`."),
        }),
      )
      .describe(
        "Shards whose Redis does not keep all that waits packed, which costs some 250 bytes more a delivery. Those whose Redis does not say are left out.",
      ),
  }),
  async handle({ query: { lanes = [], ownLanes: ownLanesMax } }, { producer }) {
    const status = await readLanesStatus(producer, { lanes, ownLanesMax });
    const openCircuits = status.openCircuits.map(({ probeAt, ...rest }) => ({
      ...rest,
      probeAt: toTimeOrNull(probeAt),
    }));
    return {
      status: 200,
      body: {
        ...status,
        lanes: [...status.lanes],
        ownLanes: [...status.ownLanes],
        openCircuits,
        shardsAway: [...status.shardsAway],
        shardsUnpacked: [...status.shardsUnpacked],
      },
    };
  },
});
