import { test } from "vitest";
import { crowdRun } from "../scenarios/crowded-run.ts";

// A busy machine spoils a second here and there: the exact figures are held in tests/chaos.
test.each(["never answers", "answers 200 after five seconds"] as const)(
  "one destination of twenty in one run %s, and the others hardly notice",
  (fault) => crowdRun({ deliveries: 12_000, destinations: 20, broken: 1, fault, keptShare: 0.6 }),
  300_000,
);
