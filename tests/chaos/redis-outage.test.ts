import { test } from "vitest";
import { surviveOutage } from "../scenarios/redis-outage.ts";

test.each([3, 7, 20, 60])(
  "Redis away for %i seconds: every worker consumes again within 15 s, by itself",
  (seconds) => surviveOutage(seconds, 15_000),
);
