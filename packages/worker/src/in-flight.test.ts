import { expect, test } from "vitest";
import { createInFlight, type InFlight } from "./in-flight.ts";

const [SLOW, FAST] = ["https://slow.example", "https://fast.example"];

function hold(inFlight: InFlight, origin: string, count: number): void {
  for (let held = 0; held < count; held++) {
    inFlight.enter("bulk", false);
    inFlight.begin("bulk", origin);
  }
}

function pass(inFlight: InFlight, origin: string, count: number): void {
  for (let passed = 0; passed < count; passed++) {
    hold(inFlight, origin, 1);
    inFlight.end("bulk", origin, 20);
    inFlight.leave("bulk", false);
  }
}

test("who holds many more slots than its share of arrivals explains crowds others out; who is all of them does not", () => {
  const inFlight = createInFlight(() => 0);
  inFlight.setSlots("bulk", 20);
  hold(inFlight, SLOW, 12);
  expect(inFlight.isCrowding("bulk", SLOW)).toBe(false);
  pass(inFlight, FAST, 100);
  expect(inFlight.isCrowding("bulk", SLOW)).toBe(true);
  expect(inFlight.isCrowding("bulk", FAST)).toBe(false);
});

test("a lane whose slots all hang for a second is jammed by who holds the most of them", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", 20);
  hold(inFlight, SLOW, 15);
  hold(inFlight, FAST, 5);
  expect(inFlight.findCrowders("bulk")).toEqual([]);
  now = 1_000;
  expect(inFlight.findCrowders("bulk")).toEqual([SLOW]);
  expect(inFlight.isMixed("bulk")).toBe(true);
  expect(inFlight.heldBy("bulk", (origin) => origin === SLOW)).toBe(15);
  inFlight.end("bulk", FAST, 20);
  inFlight.leave("bulk", false);
  // No jam any more, but it still hangs while others are answered.
  expect(inFlight.findCrowders("bulk")).toEqual([SLOW]);
  inFlight.end("bulk", SLOW, 1_000);
  inFlight.leave("bulk", false);
  expect(inFlight.findCrowders("bulk")).toEqual([]);
});

test.each([1, 2, 3, 4, 5])("of %i slots half are a crowd, where they hang", (slots) => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", slots);
  pass(inFlight, FAST, 3);
  hold(inFlight, SLOW, Math.ceil(slots / 2));
  hold(inFlight, FAST, Math.floor(slots / 2));
  const looks = [0, 900, 1_500, 1_750].map((ms) => {
    now = ms;
    // The others go on, as far as they get a slot.
    for (let ended = 0; ended < Math.floor(slots / 2); ended++) {
      inFlight.end("bulk", FAST, 20);
      inFlight.leave("bulk", false);
      hold(inFlight, FAST, 1);
    }
    return inFlight.findCrowders("bulk");
  });
  expect(looks.at(0)).toEqual([]);
  expect(looks.at(-1)).toEqual([SLOW]);
});

test("each claim has a number of its own, also in an own lane that was idle in between", () => {
  const inFlight = createInFlight(() => 0);
  const numbers = [inFlight.lastClaim("run.r")];
  for (let claims = 0; claims < 2; claims++) {
    inFlight.enter("run.r", true);
    inFlight.leave("run.r", true);
    numbers.push(inFlight.lastClaim("run.r"));
  }
  expect(new Set(numbers).size).toBe(3);
  expect([inFlight.count("run.r"), inFlight.retries("run.r")]).toEqual([0, 0]);
});

test("destinations that hang while others go on are found at the second look, be each of them small", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("run.r", 20);
  const begin = (origin: string) => {
    inFlight.enter("run.r", false);
    inFlight.begin("run.r", origin);
  };
  const end = (origin: string) => {
    inFlight.end("run.r", origin, 20);
    inFlight.leave("run.r", false);
  };
  const hanging = Array.from({ length: 8 }, (_, index) => `https://hangs${index}.example`);
  for (const origin of hanging) begin(origin);
  for (let ms = 0; ms < 1_000; ms += 20) {
    begin(FAST);
    begin(FAST);
    now += 20;
    end(FAST);
    end(FAST);
    if (ms === 100)
      expect([inFlight.findCrowders("run.r"), inFlight.findCrowders("run.r")]).toEqual([[], []]);
  }
  for (let held = 0; held < 4; held++) begin(FAST);
  expect(inFlight.findCrowders("run.r")).toEqual([]);
  expect(inFlight.findCrowders("run.r")).toEqual(hanging);
});

test("a process that stood still finds nobody who hangs", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", 20);
  pass(inFlight, FAST, 10);
  hold(inFlight, FAST, 8);
  hold(inFlight, SLOW, 8);
  now = 900;
  expect([inFlight.findCrowders("bulk"), inFlight.findCrowders("bulk")]).toEqual([[], []]);
});

test("all answer slowly: nobody is slower than the others", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", 20);
  for (let rounds = 0; rounds < 5; rounds++) {
    for (const origin of [SLOW, FAST]) hold(inFlight, origin, 10);
    now += 800;
    expect(inFlight.findCrowders("bulk")).toEqual([]);
    for (const origin of [SLOW, FAST])
      for (let held = 0; held < 10; held++) {
        inFlight.end("bulk", origin, 800);
        inFlight.leave("bulk", false);
      }
  }
});

test("a destination that is alone in a run's lane jams nobody, until others are found waiting behind it", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("run.r", 20);
  for (let held = 0; held < 20; held++) {
    inFlight.enter("run.r", false);
    inFlight.begin("run.r", SLOW);
  }
  inFlight.findCrowders("run.r");
  expect(inFlight.findLone("run.r")).toBeNull();
  now = 1_000;
  expect(inFlight.findCrowders("run.r")).toEqual([]);
  expect(inFlight.findLone("run.r")).toBe(SLOW);
  inFlight.setMixed("run.r");
  expect(inFlight.findCrowders("run.r")).toEqual([SLOW]);
  expect(inFlight.findLone("run.r")).toBeNull();
});

test("what is known of a served lane outlasts a moment in which it is idle, and goes with its service", () => {
  const inFlight = createInFlight(() => 0);
  const passBy = (...origins: string[]) => {
    for (const origin of origins) {
      inFlight.enter("run.r", false);
      inFlight.begin("run.r", origin);
      inFlight.end("run.r", origin, 20);
      inFlight.leave("run.r", false);
    }
  };
  inFlight.setSlots("run.r", 20);
  passBy(FAST, SLOW);
  expect(inFlight.isMixed("run.r")).toBe(true);
  inFlight.forgetSlots("run.r");
  expect([inFlight.isMixed("run.r"), inFlight.lanes()]).toEqual([false, []]);
  passBy(FAST, SLOW);
  expect(inFlight.lanes()).toEqual([]);
});

test("lanes of single destinations are slow by what exchanges take in lanes of many", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  const take = (lane: string, ms: number) => {
    inFlight.setSlots(lane, 20);
    inFlight.enter(lane, false);
    inFlight.begin(lane, FAST);
    now += ms;
    inFlight.end(lane, FAST, ms);
    inFlight.leave(lane, false);
  };
  take("destination.slow", 5_000);
  expect(inFlight.findSlow()).toEqual([]);
  take("run.r", 20);
  take("destination.fast", 100);
  expect(inFlight.findSlow()).toEqual(["destination.slow"]);
  inFlight.enter("destination.fast", false);
  inFlight.begin("destination.fast", FAST);
  now += 400;
  expect(inFlight.findSlow()).toEqual(["destination.slow", "destination.fast"]);
});

test("many destinations that hang from the lane's first claim on are found, be each of them small", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("run.r", 20);
  const hanging = Array.from({ length: 20 }, (_, index) => `https://hangs${index}.example`);
  for (const origin of hanging) {
    inFlight.enter("run.r", false);
    inFlight.begin("run.r", origin);
  }
  const looks = [0, 250, 500, 750, 1_000, 1_250].map((ms) => {
    now = ms;
    return inFlight.findCrowders("run.r").length;
  });
  expect(looks).toEqual([0, 0, 0, 0, 0, 20]);
});

test("what times out does not make slowness typical", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", 20);
  pass(inFlight, FAST, 100);
  for (let timedOut = 0; timedOut < 100; timedOut++) {
    hold(inFlight, SLOW, 1);
    inFlight.end("bulk", SLOW, null);
    inFlight.leave("bulk", false);
  }
  hold(inFlight, SLOW, 8);
  now = 500;
  hold(inFlight, FAST, 9);
  pass(inFlight, FAST, 1);
  inFlight.findCrowders("bulk");
  expect(inFlight.findCrowders("bulk")).toEqual([SLOW]);
});

test("a jammed lane in which all answer slowly is rid of nobody but the one that holds the most", () => {
  let now = 0;
  const inFlight = createInFlight(() => now);
  inFlight.setSlots("bulk", 20);
  const all = Array.from({ length: 20 }, (_, index) => `https://d${index}.example`);
  for (let rounds = 0; rounds < 5; rounds++) {
    for (const origin of all) hold(inFlight, origin, 1);
    for (let looks = 0; looks < 6; looks++) {
      now += 250;
      // In the first second and a half nobody knows what is usual here.
      if (rounds > 0) expect(inFlight.findCrowders("bulk")).toEqual([]);
    }
    for (const origin of all) {
      inFlight.end("bulk", origin, 1_500);
      inFlight.leave("bulk", false);
    }
  }
});
