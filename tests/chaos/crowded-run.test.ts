import { test } from "vitest";
import { crowdRun } from "../scenarios/crowded-run.ts";

const FAULTS = ["never answers", "answers 200 after five seconds", "answers 503"] as const;
const LOAD = { concurrency: 100, answerMs: 20, keptShare: 0.9, apartMsMax: 2_000 };

test.each(FAULTS)(
  "one destination of twenty in one run %s: the others keep 90 %% of their throughput, the first effect within two seconds",
  (fault) => crowdRun({ ...LOAD, deliveries: 60_000, destinations: 20, broken: 1, fault }),
);

test("fifty destinations of two thousand in one run never answer: the others keep 90 % of their throughput", () =>
  crowdRun({ ...LOAD, deliveries: 60_000, destinations: 2_000, broken: 50, fault: "never answers" }));

// Twice the slots that the load needs.
const STEADY = {
  deliveries: 12_000,
  perSecond: 400,
  concurrency: 40,
  answerMs: 50,
  keptShare: 0.9,
  p99Factor: 2,
};

test.each(FAULTS)(
  "one destination of twenty in a run that comes in steadily %s: the others' p99 at most doubles",
  (fault) => crowdRun({ ...STEADY, destinations: 20, broken: 1, fault }),
);

test("fifty destinations of two thousand in a run that comes in steadily never answer: the others' p99 at most doubles", () =>
  crowdRun({ ...STEADY, destinations: 2_000, broken: 50, fault: "never answers" }));
