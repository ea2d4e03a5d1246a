// A destination as the API shows it.

import type { Destination } from "@postrider/producer/destinations/destinations";
import type { LimitSource } from "@postrider/shared/lane-limits";
import { z } from "zod";
import { timeSchema, toTimeOrNull } from "../route/times.ts";

export const shownLimitsSchema = z.strictObject({
  ratePerSecond: z.number().optional(),
  concurrency: z.number().optional(),
});

const sourceSchema = z.strictObject({
  by: z.string().describe("`operator`, or the action version that says so."),
  until: timeSchema.nullable().describe("When it ends by itself; null: it does not."),
});

export const destinationSchema = z.strictObject({
  origin: z.string(),
  lane: z.string().nullable().describe("Its own lane; null: it shares lanes with everybody."),
  isPaused: z.boolean(),
  pausedUntil: timeSchema.nullable().describe("When that ends by itself; null: when somebody says so."),
  circuit: z.enum(["closed", "open", "half-open"]),
  circuitSince: timeSchema.nullable().describe("Since when the circuit is not closed."),
  probeAt: timeSchema.nullable().describe("The next probe of an open circuit."),
  coolsUntil: timeSchema.nullable().describe("Until when it has itself asked to be left alone."),
  limits: shownLimitsSchema.describe("Those in force."),
  limitSources: z
    .strictObject({ ratePerSecond: sourceSchema.optional(), concurrency: sourceSchema.optional() })
    .describe("Whose each of them is."),
  adaptiveRatePerSecond: z.number().nullable().describe("The rate that its 429s have taught."),
  throttledSince: timeSchema.nullable().describe("Since when they slow it down."),
  waiting: z.int(),
  delayed: z.int(),
  inFlight: z.int(),
});

export function toShownDestination(destination: Destination): z.input<typeof destinationSchema> {
  const { pausedUntil, circuitSince, probeAt, coolsUntil, throttledSince, limits, limitSources, ...rest } =
    destination;
  const { ratePerSecond, concurrency } = limitSources;
  return {
    ...rest,
    limits: { ...limits },
    limitSources: {
      ...(ratePerSecond && { ratePerSecond: toSource(ratePerSecond) }),
      ...(concurrency && { concurrency: toSource(concurrency) }),
    },
    pausedUntil: toTimeOrNull(pausedUntil),
    circuitSince: toTimeOrNull(circuitSince),
    probeAt: toTimeOrNull(probeAt),
    coolsUntil: toTimeOrNull(coolsUntil),
    throttledSince: toTimeOrNull(throttledSince),
  };
}

function toSource({ by, until }: LimitSource): z.input<typeof sourceSchema> {
  return { by, until: toTimeOrNull(until) };
}
