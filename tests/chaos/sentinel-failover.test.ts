import { test } from "vitest";
import { surviveFailover } from "../scenarios/sentinel-failover.ts";

test.each([1, 2])("failover %i by Sentinel under the load of 30,000 deliveries", () =>
  surviveFailover({ count: 30_000, limitMs: 300_000 }),
);
