import { expect, test } from "vitest";
import { shareOut } from "./serve.ts";

const LIMITS = { inFlightMax: 2_000, concurrency: 100 };
const lanes = (runs: number, destinations: number) =>
  new Set([
    ...Array.from({ length: runs }, (_, index) => `run.${index}`),
    ...Array.from({ length: destinations }, (_, index) => `destination.${index}`),
  ]);

test.each([
  ["one run", 1, 0, 100, 1_900],
  ["one run beside fifty destinations keeps all its slots", 1, 50, 100, 38],
  ["many of both have half of the slots each", 100, 100, 10, 10],
  ["many runs have what few destinations leave", 100, 5, 15, 100],
  ["more lanes than slots have one each", 3_000, 3_000, 1, 1],
])("%s", (_, runs, destinations, ofRun, ofDestination) => {
  const part = shareOut(lanes(runs, destinations), LIMITS);
  expect([part("run.0"), part("destination.0")]).toEqual([ofRun, ofDestination]);
});
