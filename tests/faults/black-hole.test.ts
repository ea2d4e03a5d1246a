import { test } from "vitest";
import { surviveBlackHole } from "../scenarios/black-hole.ts";

test(
  "nothing passes between workers and Redis for some seconds: every worker consumes again by itself",
  () => surviveBlackHole(5),
  400_000,
);
