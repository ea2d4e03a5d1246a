// The simulation of an installation in its short form. It says something about the product only as far as it
// runs the product's code, and gives the same each time.

import { createRendezvous } from "@postrider/redis/rendezvous";
import { toEvenPart, WHOLE } from "@postrider/shared/rate-part";
import { expect, test } from "vitest";
import { createEventQueue } from "../../scripts/simulation/event-queue.ts";
import { nextMoment } from "../../scripts/simulation/moments.ts";
import { toPicture } from "../../scripts/simulation/picture.ts";
import { toReport } from "../../scripts/simulation/report.ts";
import { SMALL } from "../../scripts/simulation/scenario.ts";
import { createSeeded } from "../../scripts/simulation/seeded.ts";
import { simulate } from "../../scripts/simulation/simulate.ts";
import { summarize } from "../../scripts/simulation/summary.ts";

const simulated = simulate(SMALL);
const summary = summarize(simulated);

test("the same seed gives the same page and picture, another one others", () => {
  const again = simulate(SMALL);

  expect(toReport(again, summarize(again))).toBe(toReport(simulated, summary));
  expect(toPicture(again)).toBe(toPicture(simulated));
  expect(simulate({ ...SMALL, seed: SMALL.seed + 1 }).samples).not.toEqual(simulated.samples);
});

test("nothing is lost with a zone, and what its workers had in flight is sent again", () => {
  expect(summary.isComplete).toBe(true);
  expect(simulated.repeated).toBeGreaterThan(0);
  expect(simulated.rerouted).toBeGreaterThan(0);
  expect(simulated.held).toBeGreaterThan(0);
});

test("the others take over: throughput is as before, and what waited drains", () => {
  const { before, during, after } = summary.throughput;

  expect(during).toBeLessThan(0.9 * before);
  expect(after).toBeGreaterThan(0.97 * before);
  expect(summary.drainedSeconds).toBeLessThan(SMALL.seconds - SMALL.lostAt);
});

test("a plan that leaves no room for a zone does not drain, so that the test above can fail", () => {
  const tight = summarize(simulate({ ...SMALL, use: 0.75 }));

  expect(tight.drainedSeconds).toBeNull();
});

test("shards are filled evenly, and rates are kept by all of them together and used", () => {
  expect(summary.spread.most).toBeLessThan(1.08);
  expect(summary.spread.least).toBeGreaterThan(0.92);
  expect(summary.beyondRate).toBeLessThanOrEqual(1);
  for (const { used } of summary.rates) if (used !== null) expect(used).toBeGreaterThan(0.9);
});

test("shards that take moments without asking each other take each one once, in turn", () => {
  const interval = 100_000;
  const takenBy = (place: number): number[] => {
    const times: number[] = [];
    for (let at = 0; times.length < 10; ) {
      at = nextMoment(at + 1, interval, toEvenPart(4, place));
      times.push(at);
    }
    return times;
  };
  const all = [0, 1, 2, 3].flatMap(takenBy).sort((one, other) => one - other);

  expect(all).toEqual(Array.from({ length: 40 }, (_, nth) => (nth + 1) * interval));
  expect(nextMoment(123, interval, WHOLE), "the only shard has them all").toBe(123);
});

test("events come in the order of their times, and of their coming at the same time", () => {
  const events = createEventQueue();
  const seeded = createSeeded(1);
  const times = Array.from({ length: 1_000 }, () => Math.floor(seeded.next() * 50));
  for (const [subject, at] of times.entries()) events.add(at, 0, subject);
  const order: { at: number; subject: number }[] = [];
  for (let event = events.next(); event !== null; event = events.next()) order.push(event);

  const expected = times
    .map((at, subject) => ({ at, subject }))
    .sort((one, other) => one.at - other.at || one.subject - other.subject);
  expect(order.map(({ at, subject }) => ({ at, subject }))).toEqual(expected);
});

test("simulated ids are spread over shards as well as random ones", () => {
  const seeded = createSeeded(3);
  const homeOf = createRendezvous(["0", "1", "2", "3"]);
  const counts = [0, 0, 0, 0];
  for (let nth = 0; nth < 40_000; nth++) {
    const home = homeOf(seeded.id());
    counts[home] = (counts[home] ?? 0) + 1;
  }

  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});
