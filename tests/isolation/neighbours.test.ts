import { test } from "vitest";
import { keepNeighbours } from "../scenarios/neighbours.ts";

test.each(["shared", "run"] as const)(
  "one destination of twenty hangs, answers 503, resets, drips or is slow, and the others of its %s lane hardly notice",
  (lane) =>
    // A busy machine spoils a second here and there: the exact figures are held in tests/chaos.
    keepNeighbours({
      load: { destinations: 20, perSecond: 100, seconds: 3, answerMs: 50 },
      lane,
      keptShare: 0.7,
      p99Factor: 6,
    }),
  300_000,
);
