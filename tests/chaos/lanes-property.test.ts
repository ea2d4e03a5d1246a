import { test } from "vitest";
import { strandNothing } from "../scenarios/lanes-property.ts";

const STEPS = Number(process.env["STEPS"] ?? 150);

test.each([false, true])(
  "slow producers, changed limits and rests longer than an audit: nothing is stranded or sent twice; workers killed: %s",
  (withDeaths) => strandNothing({ steps: STEPS, pauseMs: 1_000, withDeaths, isSlow: true, limitMs: 300_000 }),
);
