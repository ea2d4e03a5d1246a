import { test } from "vitest";
import { keepNeighbours } from "../scenarios/neighbours.ts";

test(
  "one destination of twenty hangs, answers 503, resets or drips, and the others hardly notice",
  () =>
    keepNeighbours({
      load: { destinations: 20, perSecond: 100, seconds: 5, answerMs: 50 },
      keptShare: 0.85,
      p99Factor: 3,
    }),
  300_000,
);
