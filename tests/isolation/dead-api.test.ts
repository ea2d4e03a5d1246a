import { test } from "vitest";
import { waitForNothing } from "../scenarios/dead-api.ts";

test(
  "deliveries behind a dead API cost nothing while they wait, and flow with all their attempts when it is back",
  () => waitForNothing({ count: 3_000, seconds: 3, settleSeconds: 15, limitMs: 60_000 }),
  180_000,
);
