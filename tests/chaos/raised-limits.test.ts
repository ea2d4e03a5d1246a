import { test } from "vitest";
import { raiseConcurrency, raiseRate, raiseRateByVersion } from "../scenarios/raised-limits.ts";

/** As promised. */
const LIMIT_MS = 2_000;

test.each([
  ["a rate, by a person", raiseRate],
  ["a rate, by a new version of the action", raiseRateByVersion],
  ["a concurrency, behind requests that hang", raiseConcurrency],
] as const)("%s that is raised takes effect soon", (_, raise) => raise({ limitMs: LIMIT_MS }), 180_000);
