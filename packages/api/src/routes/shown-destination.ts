// A destination as the API shows it.

import type { Destination } from "@postrider/producer/destinations/destinations";
import { z } from "zod";
import { timeSchema, toTimeOrNull } from "../route/times.ts";

export const shownLimitsSchema = z.strictObject({
  ratePerSecond: z.number().optional(),
  concurrency: z.number().optional(),
});

export const destinationSchema = z.strictObject({
  origin: z.string(),
  lane: z.string().nullable().describe("Its own lane; null: it shares lanes with everybody."),
  isPaused: z.boolean(),
  circuit: z.enum(["closed", "open", "half-open"]),
  probeAt: timeSchema.nullable().describe("The next probe of an open circuit."),
  coolsUntil: timeSchema.nullable().describe("Until when it has itself asked to be left alone."),
  limits: shownLimitsSchema,
  adaptiveRatePerSecond: z.number().nullable().describe("The rate that its 429s have taught."),
  waiting: z.int(),
  delayed: z.int(),
  inFlight: z.int(),
});

export function toShownDestination(destination: Destination): z.input<typeof destinationSchema> {
  const { probeAt, coolsUntil, limits, ...rest } = destination;
  return {
    ...rest,
    limits: { ...limits },
    probeAt: toTimeOrNull(probeAt),
    coolsUntil: toTimeOrNull(coolsUntil),
  };
}
