import { test } from "vitest";
import { surviveFailover } from "../scenarios/sentinel-failover.ts";

test("a failover by Sentinel under load loses what the replica lacked and no more, and the same run again takes that in", () =>
  surviveFailover({ count: 6_000, limitMs: 150_000 }));
