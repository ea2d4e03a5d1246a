import { test } from "vitest";
import { keepNeighbours } from "../scenarios/neighbours.ts";

test("one destination of twenty is broken: the others keep 90 % of their throughput and at most twice their p99", () =>
  keepNeighbours({
    load: { destinations: 20, perSecond: 400, seconds: 30, answerMs: 50 },
    keptShare: 0.9,
    p99Factor: 2,
  }));
