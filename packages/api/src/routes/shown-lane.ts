// A shared lane as the API shows it, and how it is asked for.

import { isLaneName } from "@postrider/shared/lanes";
import { z } from "zod";

const LANES_MAX = 50;

const count = z.int().min(0);

export const sharedLanesQuery = z
  .string()
  .max(3_000)
  .transform((text) => text.split(",").map((lane) => lane.trim()))
  .refine(
    (lanes) => lanes.length <= LANES_MAX && lanes.every(isLaneName),
    `must be at most ${LANES_MAX} names of shared lanes, separated by commas`,
  )
  .optional()
  .describe("Shared lanes to show, separated by commas, although nothing has ever lain in them.");

export const sharedLaneSchema = z.strictObject({
  lane: z.string(),
  isServed: z.boolean().describe("Whether any worker claims from it at this moment."),
  waiting: count,
  delayed: count,
  inFlight: count,
  deadLetters: count,
  oldestAgeMs: count.describe("How long the oldest one has been waiting."),
});

export const shardsAwaySchema = z
  .array(z.string())
  .describe("Shards whose Redis does not answer: what lies there is missing from this.");
