import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import type { Counts } from "./counts-by-second.ts";
import { afterPause, type Evidence, newDestinationLane, nextEntry } from "./next-entry.ts";

const SETTINGS = {
  circuitFailurePercent: 50,
  circuitAttemptsMin: 20,
  circuitWindowMs: 60_000,
  circuitPauseMs: 5_000,
  circuitPauseMaxMs: 600_000,
};
const ORIGIN = "https://x.example";
const NOW = 1_000_000;
const LANE = newDestinationLane(ORIGIN, 0);

function evidence(met: Partial<Counts>, isFresh = false): Evidence {
  const counts = new Map([[NOW / 1_000, { accepted: 0, failed: 0, limited: 0, ...met }]]);
  return { counts, isFresh, allowance: null, askedUntil: null };
}

function next(entry: OwnLane | undefined, given: Evidence): OwnLane | undefined {
  return nextEntry(entry, ORIGIN, given, NOW, SETTINGS);
}

test("a circuit opens only when all workers had the time to tell what they met", () => {
  expect(next(undefined, evidence({ failed: 20 }, true))).toBeUndefined();
  expect(next(undefined, evidence({ failed: 20 }))).toMatchObject({
    circuit: { state: "open" },
    of: ORIGIN,
  });
});

test("an answered probe closes it at once, and a lane with a reason is not dissolved", () => {
  const circuit = { state: "half-open", since: NOW - 1_000, pauseMs: 5_000 } as const;
  const closed = next({ ...LANE, circuit }, evidence({ accepted: 1 }, true));
  expect(closed).toEqual({ ...LANE, lastFailureAt: NOW });

  const opened = next({ ...LANE, isClosing: true }, evidence({ failed: 20 }));
  expect(opened).toMatchObject({ circuit: { state: "open" } });
  expect(opened).not.toHaveProperty("isClosing");
});

test("where a person or an action has set a rate, none is learned, and 429s count as failures", () => {
  const refusals = evidence({ limited: 20 });
  const limited = next({ ...LANE, limits: { ratePerSecond: 10 } }, refusals);
  expect(limited).toMatchObject({ circuit: { state: "open" } });
  expect(limited).not.toHaveProperty("adaptiveRate");
  const adapted = next(LANE, { ...refusals, allowance: { perSecond: 10 } });
  expect(adapted).toMatchObject({ adaptiveRate: { perSecond: expect.any(Number) } });
});

test("a pause that is over lets probes through, once", () => {
  const open: OwnLane = { ...LANE, circuit: { state: "open", since: NOW, pauseMs: 5_000 } };
  expect(afterPause(open, NOW + 4_999)).toBeUndefined();
  const probing = afterPause(open, NOW + 5_000);
  expect(probing?.circuit).toEqual({ state: "half-open", since: NOW + 5_000, pauseMs: 5_000 });
  expect(afterPause(probing, NOW + 60_000)).toBeUndefined();
});

test("refusals that ask for it hold the whole lane, and it flows when the time has come, without a look at old failures", () => {
  const refusals = { ...evidence({ limited: 6 }), askedUntil: NOW + 30_000 };
  expect(next(undefined, { ...refusals, isFresh: true })?.coolsUntil).toBeUndefined();
  const cooling = next(undefined, refusals);
  expect(cooling).toMatchObject({ coolsUntil: NOW + 30_000 });
  expect(afterPause(cooling, NOW + 29_999)).toBeUndefined();
  const flowing = afterPause(cooling, NOW + 30_000);
  expect(flowing).not.toHaveProperty("coolsUntil");
  expect(flowing).toMatchObject({ lastFailureAt: NOW + 30_000 });
});
