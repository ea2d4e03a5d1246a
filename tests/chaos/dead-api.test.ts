import { test } from "vitest";
import { waitForNothing } from "../scenarios/dead-api.ts";

test("100,000 deliveries behind an API that is dead for a minute cost nothing while they wait, and all arrive", () =>
  waitForNothing({ count: 100_000, seconds: 60, settleSeconds: 60, limitMs: 600_000, costFactor: 1.5 }));
