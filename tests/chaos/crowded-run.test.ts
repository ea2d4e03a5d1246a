import { test } from "vitest";
import { crowdRun } from "../scenarios/crowded-run.ts";

test.each(["never answers", "answers 200 after five seconds", "answers 503"] as const)(
  "one destination of twenty in one run %s: the others keep 90 % of their throughput",
  (fault) => crowdRun({ deliveries: 60_000, destinations: 20, broken: 1, fault, keptShare: 0.9 }),
);

test("fifty destinations of two thousand in one run never answer: the others keep 90 % of their throughput", () =>
  crowdRun({ deliveries: 60_000, destinations: 2_000, broken: 50, fault: "never answers", keptShare: 0.9 }));
