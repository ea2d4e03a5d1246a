import { test } from "vitest";
import { waitForNothing } from "../scenarios/dead-api.ts";

// Three seconds beside other work tell a cost that grows with what waits from one that does not: exact figures are held in tests/chaos.
test("deliveries behind a dead API cost nothing while they wait, and flow with all their attempts when it is back", () =>
  waitForNothing({ count: 3_000, seconds: 3, settleSeconds: 15, limitMs: 150_000, costFactor: 3 }));
