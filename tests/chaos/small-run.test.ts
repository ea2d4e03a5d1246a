import { test } from "vitest";
import { startAtOnce } from "../scenarios/small-run.ts";

test("a run of 10 behind a run of 100,000 ends within two seconds of when it would alone", () =>
  startAtOnce({ large: 100_000, laterMs: 2_000 }));
