import { test } from "vitest";
import { surviveBlackHole } from "../scenarios/black-hole.ts";

// A machine with other work is late with everything: the fifteen seconds are held in tests/chaos.
const BACK_MS = 60_000;

test("nothing passes between workers and Redis for some seconds: every worker consumes again by itself", () =>
  surviveBlackHole(5, BACK_MS));
