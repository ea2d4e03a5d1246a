import { test } from "vitest";
import { surviveOutage } from "../scenarios/redis-outage.ts";

// A machine with other work is late with everything: the fifteen seconds are held in tests/chaos.
const BACK_MS = 60_000;

// Seven seconds are past the point at which ioredis' and BullMQ's first waits are over; longer ones are in tests/chaos.
test.each([3, 7])("Redis away for %i seconds: every worker consumes again by itself", (seconds) =>
  surviveOutage(seconds, BACK_MS),
);
