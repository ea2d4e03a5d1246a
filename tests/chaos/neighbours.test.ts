import { test } from "vitest";
import { keepNeighbours } from "../scenarios/neighbours.ts";

test.each(["shared", "run"] as const)(
  "one destination of twenty is broken: the others of its %s lane keep 90 %% of their throughput and at most twice their p99",
  (lane) =>
    keepNeighbours({
      load: { destinations: 20, perSecond: 400, seconds: 30, answerMs: 50 },
      lane,
      keptShare: 0.9,
      p99Factor: 2,
    }),
);
