import { expect, test } from "vitest";
import { askedWaitMs, RETRY_AFTER_MS_MAX, retryAfterMs } from "./retry-after.ts";

const now = Date.parse("2026-11-24T12:00:00Z");

test.each<[string | undefined, number | null]>([
  ["0", 0],
  ["1", 1_000],
  [" 7 ", 7_000],
  ["1.2", 1_200],
  ["0.0001", 1],
  ["Tue, 24 Nov 2026 12:00:30 GMT", 30_000],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
  ["999999999", RETRY_AFTER_MS_MAX],
  ["Fri, 24 Dec 2027 12:00:00 GMT", RETRY_AFTER_MS_MAX],
  [undefined, null],
  ["", null],
  ["-5", null],
  ["soon", null],
  ["1e9", null],
  ["0x10", null],
  ["2026-11-24", null],
])("%j asks for %s ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

test("Retry-After comes first, then an allowance that is used up; neither beyond the most that anybody may ask for", () => {
  const usedUp = { "ratelimit-remaining": "0", "ratelimit-reset": "9" };
  expect(askedWaitMs({ "retry-after": "5", ...usedUp }, now)).toBe(5_000);
  expect(askedWaitMs({ "retry-after": "soon", ...usedUp }, now)).toBe(9_000);
  expect(askedWaitMs({ ...usedUp, "ratelimit-reset": "99999999" }, now)).toBe(RETRY_AFTER_MS_MAX);
  expect(askedWaitMs({}, now)).toBeNull();
});
