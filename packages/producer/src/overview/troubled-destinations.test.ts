import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { isTroubled, toTroubled } from "./troubled-destinations.ts";

const ENTRY: OwnLane = { lane: "destination.x", kind: "destination", of: "https://a.example", createdAt: 0 };
const COUNTS = { waiting: 1, delayed: 0, inFlight: 0 };

test("a person's limits are told, whether they stand for good or for a time", () => {
  expect(isTroubled(ENTRY)).toBe(false);
  expect(toTroubled({ ...ENTRY, limits: { ratePerSecond: 5 } }, COUNTS)).toMatchObject({
    state: "limited",
    ratePerSecond: 5,
    until: null,
  });
  const forNow: OwnLane = { ...ENTRY, limitsForNow: { ratePerSecond: 50, until: 7 } };
  expect(isTroubled(forNow)).toBe(true);
  expect(toTroubled(forNow, COUNTS)).toMatchObject({ state: "limited", ratePerSecond: 50, until: 7 });
});
