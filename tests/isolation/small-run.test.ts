import { test } from "vitest";
import { startAtOnce } from "../scenarios/small-run.ts";

test("a run of 10 behind a run of 20,000 starts at once", () => startAtOnce({ large: 20_000 }));
