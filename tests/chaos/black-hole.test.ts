import { test } from "vitest";
import { surviveBlackHole } from "../scenarios/black-hole.ts";

// A claim's time, and what a connection is given up after, lie in between.
test.each([10, 20, 60])(
  "nothing passes between workers and Redis for %i seconds: every worker consumes again within 15 s, by itself",
  (seconds) => surviveBlackHole(seconds, 15_000),
);
