import { expect, test } from "vitest";
import { allowedPerSecond, usedUpForMs } from "./allowance.ts";

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

const NOW = Date.parse("2026-11-24T12:00:00Z");

test.each<[Record<string, string>, number | null]>([
  [{ ratelimit: '"default";r=0;t=30' }, 30_000],
  [{ ratelimit: '"burst";r=0;t=2, "daily";r=0;t=600, "other";r=5;t=900' }, 600_000],
  [{ ratelimit: '"default";r=1;t=30' }, null],
  [{ ratelimit: '"default";r=0' }, null],
  [{ ratelimit: "default;r=0;t=30;pk=:cHsdsRa894==:" }, 30_000],
  [{ ratelimit: "limit=10, remaining=0, reset=45" }, 45_000],
  [{ ratelimit: "limit=10,remaining=0,reset=45,policy=10;w=60" }, 45_000],
  [{ ratelimit: "Limit=10, Remaining=0, Reset=45" }, 45_000],
  [{ ratelimit: "limit=10, remaining=3, reset=45" }, null],
  [{ ratelimit: "limit=10, remaining=0" }, null],
  [{ "ratelimit-remaining": "0", "ratelimit-reset": "7" }, 7_000],
  [{ "x-ratelimit-remaining": " 0 ", "x-ratelimit-reset": "7" }, 7_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 90) }, 90_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 1_500) }, 1_500],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 - 90) }, 0],
  [{ "x-ratelimit-remaining": "3", "x-ratelimit-reset": "7" }, null],
  [{ "x-rate-limit-remaining": "0", "x-rate-limit-reset": String(NOW / 1_000 + 45) }, 45_000],
  [{ "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "7" }, 7_000],
  [{ "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "7" }, 7_000],
  [{ "x-ratelimit-remaining": "0, 0", "x-ratelimit-reset": "7, 9" }, 9_000],
  [{ "x-ratelimit-remaining": "5, 0", "x-ratelimit-reset": "900, 9" }, 9_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1.5", "x-ratelimit-reset-after": "0.25" }, 250],
  [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" }, 360_000],
  [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12ms" }, 12],
  [{ "x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": String(NOW + 1_500) }, 1_500],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-24T12:01Z" }, 60_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "Tue, 24 Nov 2026 12:01:00 GMT" }, 60_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-24 12:01:00" }, null],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon" }, null],
  [{ "x-ratelimit-remaining": "0" }, null],
  [{ "x-ratelimit-reset": "7" }, null],
  [{ "x-items-remaining": "0", "x-items-reset": "7" }, null],
  [{}, null],
])("%j: used up for %s ms", (headers, ms) => {
  expect(usedUpForMs(headers, NOW)).toBe(ms);
});
