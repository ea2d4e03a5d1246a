import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import type { Counts } from "./counts.ts";
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

function judge(entry: OwnLane | undefined, given: Evidence): OwnLane | undefined {
  return nextEntry(entry, ORIGIN, given, NOW, SETTINGS);
}

test("a circuit opens only when all workers had the time to tell what they met", () => {
  expect(judge(undefined, evidence({ failed: 20 }, true))).toBeUndefined();
  expect(judge(undefined, evidence({ failed: 20 }))).toMatchObject({
    circuit: { state: "open" },
    of: ORIGIN,
  });
});

test("an answered probe closes it at once, and a lane with a reason is not dissolved", () => {
  const circuit = { state: "half-open", since: NOW - 1_000, pauseMs: 5_000 } as const;
  const closed = judge({ ...LANE, circuit }, evidence({ accepted: 1 }, true));
  expect(closed).toEqual({ ...LANE, lastFailureAt: NOW });

  const opened = judge({ ...LANE, isClosing: true }, evidence({ failed: 20 }));
  expect(opened).toMatchObject({ circuit: { state: "open" } });
  expect(opened).not.toHaveProperty("isClosing");
});

test("where a person or an action has set a rate, none is learned, and 429s count as failures", () => {
  const refusals = evidence({ limited: 20 });
  const limited = judge({ ...LANE, limits: { ratePerSecond: 10 } }, refusals);
  expect(limited).toMatchObject({ circuit: { state: "open" } });
  expect(limited).not.toHaveProperty("adaptiveRate");
  const paced = judge(LANE, { ...refusals, allowance: { perSecond: 10 } });
  expect(paced).toMatchObject({ adaptiveRate: { perSecond: expect.any(Number) } });
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
  expect(judge(undefined, { ...refusals, isFresh: true })?.coolsUntil).toBeUndefined();
  const resting = judge(undefined, refusals);
  expect(resting).toMatchObject({ coolsUntil: NOW + 30_000 });
  expect(afterPause(resting, NOW + 29_999)).toBeUndefined();
  const flowing = afterPause(resting, NOW + 30_000);
  expect(flowing).not.toHaveProperty("coolsUntil");
  expect(flowing).toMatchObject({ lastFailureAt: NOW + 30_000 });
});
