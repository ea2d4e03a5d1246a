import { expect, test } from "vitest";
import { allowedPerSecond } from "./allowance.ts";

test.each<[string, number | null]>([
  ['"default";q=100;w=60', 100 / 60],
  ['q=100;qu="requests";w=60', 100 / 60],
  ['"default";q=100;qu="requests";w=10', 10],
  ["100;w=60", 100 / 60],
  ["100, 100;w=60;burst=1000", 100 / 60],
  ['"burst";q=100;w=1, "daily";q=8640;w=86400', 0.1],
  ['"a;q=1;w=1, b";q=100;w=10', 10],
  ['"transfer";q=5;qu="content-bytes";w=60, "default";q=20;w=10', 2],
  ['"transfer";q=5;qu="content-bytes";w=60', null],
  ['"default";q=0;w=60', null],
  ['"default";q=100;w=0', null],
  ["100", null],
  ['"', null],
  ["", null],
])("%s", (policy, perSecond) => {
  expect(allowedPerSecond({ "ratelimit-policy": policy })).toBe(perSecond);
});

test("the limit with a window where there is no policy, and nothing where there is neither", () => {
  expect(allowedPerSecond({ "ratelimit-limit": "50;w=5" })).toBe(10);
  expect(allowedPerSecond({ "ratelimit-policy": "100", "ratelimit-limit": "50;w=5" })).toBe(10);
  expect(allowedPerSecond({ "x-ratelimit-limit": "50" })).toBeNull();
});
