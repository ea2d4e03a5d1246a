import type { Circuit } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { nextCircuit, openProbes } from "./circuit.ts";
import type { Counts, CountsBySecond } from "./counts-by-second.ts";

const SETTINGS = {
  circuitFailurePercent: 50,
  circuitAttemptsMin: 20,
  circuitWindowMs: 60_000,
  circuitPauseMs: 5_000,
  circuitPauseMaxMs: 600_000,
};
const NOW = 1_000_000;

function met(values: Partial<Counts>, second = NOW / 1_000 - 1): CountsBySecond {
  return new Map([[second, { accepted: 0, failed: 0, limited: 0, ...values }]]);
}

test.each<[string, Partial<Counts>, boolean, boolean]>([
  ["half of twenty fail", { accepted: 10, failed: 10 }, false, true],
  ["less than half fail", { accepted: 11, failed: 10 }, false, false],
  ["fewer than twenty attempts", { failed: 19 }, false, false],
  ["all fail", { failed: 20 }, false, true],
  ["429s where slowing down may help", { limited: 100 }, false, false],
  ["429s where it has not", { limited: 100 }, true, true],
  ["429s dilute the failures", { failed: 20, limited: 21 }, false, false],
])("%s", (_, values, isLimitedFailing, isOpen) => {
  const circuit = nextCircuit(undefined, met(values), NOW, isLimitedFailing, SETTINGS);

  expect(circuit?.state).toBe(isOpen ? "open" : undefined);
});

test("what lies before the window does not count", () => {
  expect(
    nextCircuit(undefined, met({ failed: 100 }, NOW / 1_000 - 61), NOW, false, SETTINGS),
  ).toBeUndefined();
});

test("it opens, lets probes through after the pause, and waits twice as long after each that fails, up to a bound", () => {
  let circuit: Circuit | undefined = nextCircuit(undefined, met({ failed: 20 }), NOW, false, SETTINGS);
  const pauses: number[] = [];
  for (let now = NOW; pauses.length < 9; ) {
    pauses.push(circuit?.pauseMs ?? 0);
    expect(openProbes(circuit, now + (circuit?.pauseMs ?? 0) - 1)).toBe(circuit);
    now += circuit?.pauseMs ?? 0;
    circuit = openProbes(circuit, now);
    expect(circuit).toMatchObject({ state: "half-open", since: now });
    circuit = nextCircuit(circuit, met({ failed: 1 }, now / 1_000), now, false, SETTINGS);
    expect(circuit).toMatchObject({ state: "open", since: now });
  }

  expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
});

test.each<[string, Partial<Counts>]>([
  ["a probe that is accepted", { accepted: 1 }],
  ["a probe that is told to slow down", { limited: 1 }],
])("%s closes it", (_, values) => {
  const circuit: Circuit = { state: "half-open", since: NOW, pauseMs: 5_000 };

  expect(nextCircuit(circuit, met(values, NOW / 1_000), NOW, false, SETTINGS)).toBeUndefined();
  expect(nextCircuit(circuit, met({}), NOW, false, SETTINGS)).toBe(circuit);
});
