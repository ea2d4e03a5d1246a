import { expect, test } from "vitest";
import { createTraffic, type Traffic } from "./in-flight.ts";

const [SLOW, FAST] = ["https://slow.example", "https://fast.example"];

function hold(traffic: Traffic, origin: string, count: number): void {
  for (let held = 0; held < count; held++) {
    traffic.enter("bulk", false);
    traffic.begin("bulk", origin);
  }
}

function pass(traffic: Traffic, origin: string, count: number): void {
  for (let passed = 0; passed < count; passed++) {
    hold(traffic, origin, 1);
    traffic.end("bulk", origin, 20);
    traffic.leave("bulk", false);
  }
}

test("who holds many more slots than its share of arrivals explains crowds others out; who is all of them does not", () => {
  const traffic = createTraffic(() => 0);
  traffic.setSlots("bulk", 20);
  hold(traffic, SLOW, 12);
  expect(traffic.isCrowding("bulk", SLOW)).toBe(false);
  pass(traffic, FAST, 100);
  expect(traffic.isCrowding("bulk", SLOW)).toBe(true);
  expect(traffic.isCrowding("bulk", FAST)).toBe(false);
});

test("a lane whose slots all hang for a second is jammed by who holds the most of them", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("bulk", 20);
  hold(traffic, SLOW, 15);
  hold(traffic, FAST, 5);
  expect(traffic.findCrowders("bulk")).toEqual([]);
  now = 1_000;
  expect(traffic.findCrowders("bulk")).toEqual([SLOW]);
  expect(traffic.isMixed("bulk")).toBe(true);
  expect(traffic.heldBy("bulk", (origin) => origin === SLOW)).toBe(15);
  traffic.end("bulk", FAST, 20);
  traffic.leave("bulk", false);
  // No jam any more, but it still hangs while others are answered.
  expect(traffic.findCrowders("bulk")).toEqual([SLOW]);
  traffic.end("bulk", SLOW, 1_000);
  traffic.leave("bulk", false);
  expect(traffic.findCrowders("bulk")).toEqual([]);
});

test("each claim has a number of its own, also in an own lane that was idle in between", () => {
  const traffic = createTraffic(() => 0);
  const numbers = [traffic.lastClaim("run.r")];
  for (let claims = 0; claims < 2; claims++) {
    traffic.enter("run.r", true);
    traffic.leave("run.r", true);
    numbers.push(traffic.lastClaim("run.r"));
  }
  expect(new Set(numbers).size).toBe(3);
  expect([traffic.inFlight("run.r"), traffic.retries("run.r")]).toEqual([0, 0]);
});

test("destinations that hang while others go on are found at the second look, be each of them small", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("run.r", 20);
  const begin = (origin: string) => {
    traffic.enter("run.r", false);
    traffic.begin("run.r", origin);
  };
  const end = (origin: string) => {
    traffic.end("run.r", origin, 20);
    traffic.leave("run.r", false);
  };
  const hanging = Array.from({ length: 8 }, (_, index) => `https://hangs${index}.example`);
  for (const origin of hanging) begin(origin);
  for (let ms = 0; ms < 1_000; ms += 20) {
    begin(FAST);
    begin(FAST);
    now += 20;
    end(FAST);
    end(FAST);
    if (ms === 100) expect([traffic.findCrowders("run.r"), traffic.findCrowders("run.r")]).toEqual([[], []]);
  }
  for (let held = 0; held < 4; held++) begin(FAST);
  expect(traffic.findCrowders("run.r")).toEqual([]);
  expect(traffic.findCrowders("run.r")).toEqual(hanging);
});

test("a process that stood still finds nobody who hangs", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("bulk", 20);
  pass(traffic, FAST, 10);
  hold(traffic, FAST, 8);
  hold(traffic, SLOW, 8);
  now = 900;
  expect([traffic.findCrowders("bulk"), traffic.findCrowders("bulk")]).toEqual([[], []]);
});

test("all answer slowly: nobody is slower than the others", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("bulk", 20);
  for (let rounds = 0; rounds < 5; rounds++) {
    for (const origin of [SLOW, FAST]) hold(traffic, origin, 10);
    now += 800;
    expect(traffic.findCrowders("bulk")).toEqual([]);
    for (const origin of [SLOW, FAST])
      for (let held = 0; held < 10; held++) {
        traffic.end("bulk", origin, 800);
        traffic.leave("bulk", false);
      }
  }
});

test("a destination that is alone in a run's lane jams nobody, until others are found waiting behind it", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("run.r", 20);
  for (let held = 0; held < 20; held++) {
    traffic.enter("run.r", false);
    traffic.begin("run.r", SLOW);
  }
  traffic.findCrowders("run.r");
  expect(traffic.findLone("run.r")).toBeNull();
  now = 1_000;
  expect(traffic.findCrowders("run.r")).toEqual([]);
  expect(traffic.findLone("run.r")).toBe(SLOW);
  traffic.setMixed("run.r");
  expect(traffic.findCrowders("run.r")).toEqual([SLOW]);
  expect(traffic.findLone("run.r")).toBeNull();
});

test("what is known of a served lane outlasts a moment in which it is idle, and goes with its service", () => {
  const traffic = createTraffic(() => 0);
  const passBy = (...origins: string[]) => {
    for (const origin of origins) {
      traffic.enter("run.r", false);
      traffic.begin("run.r", origin);
      traffic.end("run.r", origin, 20);
      traffic.leave("run.r", false);
    }
  };
  traffic.setSlots("run.r", 20);
  passBy(FAST, SLOW);
  expect(traffic.isMixed("run.r")).toBe(true);
  traffic.forgetSlots("run.r");
  expect([traffic.isMixed("run.r"), traffic.lanes()]).toEqual([false, []]);
  passBy(FAST, SLOW);
  expect(traffic.lanes()).toEqual([]);
});

test("lanes of single destinations are slow by what exchanges take in lanes of many", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  const take = (lane: string, ms: number) => {
    traffic.setSlots(lane, 20);
    traffic.enter(lane, false);
    traffic.begin(lane, FAST);
    now += ms;
    traffic.end(lane, FAST, ms);
    traffic.leave(lane, false);
  };
  take("destination.slow", 5_000);
  expect(traffic.findSlow()).toEqual([]);
  take("run.r", 20);
  take("destination.fast", 100);
  expect(traffic.findSlow()).toEqual(["destination.slow"]);
  traffic.enter("destination.fast", false);
  traffic.begin("destination.fast", FAST);
  now += 400;
  expect(traffic.findSlow()).toEqual(["destination.slow", "destination.fast"]);
});

test("many destinations that hang from the lane's first claim on are found, be each of them small", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("run.r", 20);
  const hanging = Array.from({ length: 20 }, (_, index) => `https://hangs${index}.example`);
  for (const origin of hanging) {
    traffic.enter("run.r", false);
    traffic.begin("run.r", origin);
  }
  const looks = [0, 250, 500, 750, 1_000, 1_250].map((ms) => {
    now = ms;
    return traffic.findCrowders("run.r").length;
  });
  expect(looks).toEqual([0, 0, 0, 0, 0, 20]);
});

test("what times out does not make slowness typical", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("bulk", 20);
  pass(traffic, FAST, 100);
  for (let timedOut = 0; timedOut < 100; timedOut++) {
    hold(traffic, SLOW, 1);
    traffic.end("bulk", SLOW, null);
    traffic.leave("bulk", false);
  }
  hold(traffic, SLOW, 8);
  now = 500;
  hold(traffic, FAST, 9);
  pass(traffic, FAST, 1);
  traffic.findCrowders("bulk");
  expect(traffic.findCrowders("bulk")).toEqual([SLOW]);
});

test("a jammed lane in which all answer slowly is rid of nobody but the one that holds the most", () => {
  let now = 0;
  const traffic = createTraffic(() => now);
  traffic.setSlots("bulk", 20);
  const all = Array.from({ length: 20 }, (_, index) => `https://d${index}.example`);
  for (let rounds = 0; rounds < 5; rounds++) {
    for (const origin of all) hold(traffic, origin, 1);
    for (let looks = 0; looks < 6; looks++) {
      now += 250;
      // In the first second and a half nobody knows what is usual here.
      if (rounds > 0) expect(traffic.findCrowders("bulk")).toEqual([]);
    }
    for (const origin of all) {
      traffic.end("bulk", origin, 1_500);
      traffic.leave("bulk", false);
    }
  }
});
