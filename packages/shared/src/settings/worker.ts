// Settings: workers: what they claim, for how long, and what they remember.

import { z } from "zod";
import { DEFAULT_LANES, isLaneName } from "../lanes.ts";
import { HOUR_MS, integer } from "./parsers.ts";

function lanes(text: string, context: z.RefinementCtx): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const wrong = names.find((name) => !isLaneName(name));
  if (names.length === 0) context.addIssue("names no lane");
  if (wrong !== undefined) context.addIssue(`"${wrong}" is no lane name (a-z, 0-9, underscore, hyphen)`);
  return [...new Set(names)];
}

/** The most that one command starts: more belong on several machines, where one of these may be lost. */
const PROCESSES_MAX = 64;

export const workerSettings = {
  lanes: z
    .string()
    .transform(lanes)
    .prefault(DEFAULT_LANES.join(","))
    .describe("Shared lanes that a worker serves, separated by commas."),
  concurrency: integer(1, 5_000)
    .default(100)
    .describe("Deliveries in flight at once, per lane and worker process."),
  processes: z
    .union(
      [z.literal("auto"), integer(1, PROCESSES_MAX)],
      `must be auto or a whole number from 1 to ${PROCESSES_MAX}`,
    )
    .default(1)
    .describe(
      "Worker processes that `postrider worker` starts behind its one metrics port; `auto`: one for each core that it may use, which in a container are those of the machine. Other settings are those of each process.",
    ),
  ownLanesMax: integer(1, 10_000)
    .default(256)
    .describe(
      "Own lanes (of a destination, a run, a storm of retries) that one worker process serves at once; more are shared out between the processes. Costs a Redis connection each.",
    ),
  inFlightMax: integer(1, 50_000)
    .default(2_000)
    .describe("Deliveries in flight at once in all own lanes of a worker process; each lane gets its part."),
  lockMs: integer(2_000, 600_000)
    .default(30_000)
    .describe(
      "How long a claim holds without renewal; a killed worker's deliveries are taken up by others after it. It is renewed at half of that while an attempt runs, so attempts may take longer; a worker that is held up for longer than the other half has its deliveries sent twice.",
    ),
  stalledCheckMs: integer(500, 600_000)
    .default(15_000)
    .describe("How often a worker looks for claims that ran out."),
  shutdownGraceMs: integer(0, 600_000)
    .default(25_000)
    .describe(
      "How long a worker that was told to stop lets attempts in flight end; then it hands them back.",
    ),
  circuitFailurePercent: integer(1, 100)
    .default(50)
    .describe("Failing share of a destination's attempts at which its circuit opens."),
  circuitAttemptsMin: integer(1, 1_000_000)
    .default(20)
    .describe("Attempts within the window below which the share says nothing."),
  circuitWindowMs: integer(1_000, 600_000)
    .default(60_000)
    .describe("The moving window in which a destination's attempts are counted."),
  circuitPauseMs: integer(100, 3_600_000)
    .default(5_000)
    .describe("How long an open circuit waits before its first probe; twice as long after each failed one."),
  circuitPauseMaxMs: integer(100, 86_400_000)
    .default(600_000)
    .describe("The longest wait between two probes."),
  idempotencyWindowMs: integer(60_000, 30 * 24 * HOUR_MS)
    .default(24 * HOUR_MS)
    .describe(
      "How long an ended delivery's id is remembered: enqueued again, it is a duplicate. Costs some 150 bytes of Redis each.",
    ),
  outcomesKept: integer(0, 100_000_000)
    .default(2_000_000)
    .describe(
      "Outcomes kept for those who read them (outcomes.md) or ask for a customer; beyond it the oldest go, read or not, and their readers are told. Costs 60 to 100 bytes of Redis each; 0 keeps none.",
    ),
  eventsKept: integer(100, 1_000_000)
    .default(100_000)
    .describe(
      "Events kept for those who read them (events.md); beyond it the oldest go, read or not, and their readers are told. Costs some 200 bytes of Redis each.",
    ),
  deadLettersThreshold: integer(0, 100_000)
    .default(1_000)
    .describe(
      "Dead letters at which operators are told (`dead_letters.threshold`), those of subscriptions not counted; 0: never.",
    ),
  deadLettersMax: integer(0, 100_000_000)
    .default(1_000_000)
    .describe("Dead letters kept per lane; beyond it the oldest go."),
  deadLettersAgeMs: integer(1_000, 365 * 24 * HOUR_MS)
    .default(14 * 24 * HOUR_MS)
    .describe("How long dead letters are kept."),
  actionsCached: integer(1, 100_000)
    .default(1_000)
    .describe("Compiled action versions that one worker process keeps."),
  metricsPort: integer(0, 65_535)
    .default(9464)
    .describe("Port of /metrics, /healthz and /readyz of a worker; 0 takes any free one."),
  metricsHost: z.string().default("0.0.0.0").describe("Address that the metrics port is bound to."),
};
