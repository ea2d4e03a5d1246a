import { expect, test } from "vitest";
import { createTraffic, type Traffic } from "./traffic.ts";

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
    traffic.end("bulk", origin);
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
  expect(traffic.findJam("bulk")).toBeNull();
  now = 1_000;
  expect(traffic.findJam("bulk")).toBe(SLOW);
  expect(traffic.heldBy("bulk", (origin) => origin === SLOW)).toBe(15);
  traffic.end("bulk", FAST);
  traffic.leave("bulk", false);
  expect(traffic.findJam("bulk")).toBeNull();
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
