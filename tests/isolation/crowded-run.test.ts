import { test } from "vitest";
import { crowdRun } from "../scenarios/crowded-run.ts";

// As many a second as slots allow, not as the machine does, so that its other work counts for little. Exact figures: tests/chaos.
const LOAD = { deliveries: 3_000, concurrency: 40, answerMs: 100, apartMsMax: 5_000 };

// The other faults: neighbours.test.ts beside it, and tests/chaos.
test(
  "one destination of twenty in one run never answers, and the others hardly notice",
  () => crowdRun({ ...LOAD, destinations: 20, broken: 1, fault: "never answers", keptShare: 0.7 }),
  300_000,
);

test(
  "fifty destinations of a thousand in one run never answer, and the others hardly notice",
  () => crowdRun({ ...LOAD, destinations: 1_000, broken: 50, fault: "never answers", keptShare: 0.6 }),
  300_000,
);
