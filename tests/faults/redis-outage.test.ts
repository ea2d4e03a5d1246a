import { test } from "vitest";
import { surviveOutage } from "../scenarios/redis-outage.ts";

// Seven seconds are past the point at which ioredis' and BullMQ's first waits are over; longer ones are in tests/chaos.
test.each([3, 7])("Redis away for %i seconds: every worker consumes again by itself", surviveOutage, 400_000);
