import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import { expect, test } from "vitest";
import { createInFlight, type InFlight } from "../in-flight.ts";
import { CALM_MS } from "../maintain/dissolve.ts";
import { createCrowders } from "./crowders.ts";

const CONCURRENCY = 100;
const LOOK_MS = 250;
const AUDIT_MS = 10_000;
const STEP_MS = 5;
const RUN = "run.r";

interface Load {
  readonly destinations: number;
  /** The first so many take `slowMs`, all others 20 ms. */
  readonly slow: number;
  readonly slowMs: (now: number) => number;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Time is played, and what a worker does with a run's lane: who has a lane of its own is sent from there, and
 * calm ones lose it.
 */
function play({ destinations, slow, slowMs, perSecond, seconds }: Load) {
  let now = 0;
  const inFlight: InFlight = createInFlight(() => now);
  const apart = new Map<string, OwnLane>();
  const directory = {
    now: () => now,
    get: (lane: string) => apart.get(lane),
    all: () => [...apart.values()],
  } as unknown as LaneDirectory;
  const crowders = createCrowders({
    directory,
    inFlight,
    scout: () => Promise.resolve(false),
    concurrency: () => CONCURRENCY,
    now: () => now,
  });
  const ending = new Map<number, (() => void)[]>();
  let [led, back, firstAt] = [0, 0, 0];
  const promote = (of: string): void => {
    const lane = ownLaneName("destination", of);
    if (!apart.has(lane)) led += 1;
    firstAt ||= now;
    apart.set(lane, { lane, kind: "destination", of, createdAt: now, lastFailureAt: now });
  };
  const send = (destination: number): void => {
    const origin = `https://d${destination}.example`;
    const own = ownLaneName("destination", origin);
    const lane = apart.has(own) && inFlight.isMixed(RUN) ? own : RUN;
    inFlight.setSlots(lane, CONCURRENCY);
    inFlight.enter(lane, false);
    inFlight.begin(lane, origin);
    if (lane === RUN && inFlight.isCrowding(lane, origin)) promote(origin);
    const tookMs = destination < slow ? slowMs(now) : 20;
    const end = (): void => {
      inFlight.end(lane, origin, tookMs);
      inFlight.leave(lane, false);
    };
    ending.set(now + tookMs, [...(ending.get(now + tookMs) ?? []), end]);
  };
  const dissolveCalm = (): void => {
    for (const { lane, lastFailureAt = 0 } of apart.values()) {
      if (now - lastFailureAt < CALM_MS) continue;
      apart.delete(lane);
      back += 1;
    }
  };
  let waiting = 0;
  let nth = 0;
  for (; now < seconds * 1_000; now += STEP_MS) {
    for (const end of ending.get(now) ?? []) end();
    ending.delete(now);
    for (waiting += (perSecond * STEP_MS) / 1_000; waiting >= 1 && hasRoom(inFlight); waiting--) {
      // A prime number: all of them in turn, and slow ones not all at once.
      nth += 7;
      send(nth % destinations);
    }
    if (now % LOOK_MS === 0) crowders.find().forEach(promote);
    if (now % AUDIT_MS === 0) dissolveCalm();
  }
  return { led, back, firstAt, apart: apart.size };
}

function hasRoom(inFlight: InFlight): boolean {
  return inFlight.count(RUN) < CONCURRENCY;
}

test("fifty slow destinations, each of them small, are led out of a run's lane once, and stay out", () => {
  const load = { destinations: 2_000, slow: 50, perSecond: 400, seconds: 300 };
  const { led, back, apart } = play({ ...load, slowMs: () => 5_000 });
  expect([back, apart]).toEqual([0, led]);
  // The last few hold too few slots to be in anybody's way.
  expect(led).toBeGreaterThan(40);
});

test("one slow destination of twenty is led out within two seconds, once, and stays out", () => {
  const load = { destinations: 20, slow: 1, perSecond: 2_000, seconds: 300 };
  const { led, back, firstAt } = play({ ...load, slowMs: () => 5_000 });
  expect([led, back]).toEqual([1, 0]);
  expect(firstAt).toBeLessThan(2_000);
});

test("destinations that are well again are led back, and stay in", () => {
  const slowMs = (now: number) => (now < 30_000 ? 5_000 : 20);
  const load = { destinations: 2_000, slow: 50, perSecond: 400, seconds: 900 };
  const { led, back, apart } = play({ ...load, slowMs });
  expect([back, apart]).toEqual([led, 0]);
  expect(led).toBeGreaterThan(40);
  expect(led).toBeLessThanOrEqual(50);
});

test("a run with one destination stays where it is, however slow that one is", () => {
  const load = { destinations: 1, slow: 1, perSecond: 400, seconds: 120 };
  expect(play({ ...load, slowMs: () => 5_000 })).toMatchObject({ led: 0, apart: 0 });
});
