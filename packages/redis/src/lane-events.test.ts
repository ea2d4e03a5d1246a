import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { afterCalm, toLaneEvents, withThrottling } from "./lane-events.ts";

const ORIGIN = "https://api.example.com";
const lane: OwnLane = { lane: "destination.x", kind: "destination", of: ORIGIN, createdAt: 0 };
const rate = { perSecond: 5, refusedAt: 0, changedAt: 0, slowedAt: 0 };
const open = { state: "open", since: 1, pauseMs: 500 } as const;
const run: OwnLane = { lane: "run.r", kind: "run", of: "r", createdAt: 0 };

const types = (before: OwnLane | undefined, after: OwnLane | undefined): string[] =>
  toLaneEvents(before, after, { action: "a@1", lane: "bulk" }).map(({ type }) => type);

test("a destination is throttled while anything holds it back, and free only a minute after the last of it", () => {
  const steps = [
    { ...lane, coolsUntil: 9 },
    { ...lane, coolsUntil: 9, adaptiveRate: rate },
    { ...lane, adaptiveRate: rate },
    lane,
    { ...lane, coolsUntil: 9 },
    lane,
  ];
  let entry: OwnLane = lane;
  const told: string[] = [];
  for (const [second, step] of steps.entries()) {
    const { throttling } = entry;
    const next = withThrottling({ ...step, ...(throttling && { throttling }) }, second * 1_000);
    told.push(...types(entry, next));
    entry = next;
  }

  expect(told).toEqual(["destination.throttled"]);
  expect(entry.throttling).toEqual({ since: 0, calmSince: 5_000 });
  expect(afterCalm(entry, 64_999)).toBeUndefined();
  const free = afterCalm(entry, 65_000);
  expect(free).toEqual(lane);
  expect(types(entry, free)).toEqual(["destination.free"]);
});

test.each<[OwnLane | undefined, OwnLane | undefined, string[]]>([
  [undefined, { ...lane, circuit: open }, ["destination.circuit_opened"]],
  [{ ...lane, circuit: open }, { ...lane, circuit: { ...open, state: "half-open" } }, []],
  [{ ...lane, circuit: open }, lane, ["destination.circuit_closed"]],
  // Nothing was left to probe it with.
  [{ ...lane, circuit: open }, undefined, ["destination.circuit_closed"]],
  [
    { ...lane, circuit: open, throttling: { since: 1 } },
    undefined,
    ["destination.circuit_closed", "destination.free"],
  ],
  [lane, { ...lane, isPaused: true }, []],
  [undefined, { ...run, isPaused: true }, ["run.paused"]],
  [{ ...run, isPaused: true }, { ...run, isPaused: true, isHeld: true }, []],
  [{ ...run, isPaused: true }, run, ["run.resumed"]],
  [{ ...run, isPaused: true }, { ...run, isCancelled: true }, []],
])("from %j to %j: %j", (before, after, told) => {
  expect(types(before, after)).toEqual(told);
});
