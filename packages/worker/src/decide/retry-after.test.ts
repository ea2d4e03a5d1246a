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
  ["Tuesday, 24-Nov-26 12:00:30 GMT", 30_000],
  ["Monday, 24-Nov-75 12:00:30 GMT", RETRY_AFTER_MS_MAX],
  ["Thursday, 24-Nov-77 12:00:30 GMT", 0],
  ["Tue Nov 24 12:00:30 2026", 30_000],
  ["Tue Nov  3 12:00:30 2026", 0],
  ["Thu Dec  3 12:00:30 2026", RETRY_AFTER_MS_MAX],
  ["2026-11-24T12:00:30Z", 30_000],
  ["2026-11-24T13:00:30+01:00", 30_000],
  ["60, 60", 60_000],
  ["5, 60", 60_000],
  ["soon, 60", 60_000],
  ["Tue, 24 Nov 2026 12:00:30 GMT, Tue, 24 Nov 2026 12:00:40 GMT", 40_000],
  ["Tuesday, 24-Nov-26 12:00:30 GMT, 5", 30_000],
  ["999999999", RETRY_AFTER_MS_MAX],
  ["Fri, 24 Dec 2027 12:00:00 GMT", RETRY_AFTER_MS_MAX],
  [undefined, null],
  ["", null],
  ["-5", null],
  ["soon", null],
  ["1e9", null],
  ["0x10", null],
  ["2026-11-24", null],
  ["2026-11-24T12:00:30", null],
  ["Tue, 31 Feb 2026 12:00:30 GMT", null],
  ["Tue, 24 Nov 2026 24:00:30 GMT", null],
  ["Tue, 24 Nov 2026 12:00:30 CET", null],
  ["Tue, 24 Nvm 2026 12:00:30 GMT", null],
])("%j asks for %s ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

test("Retry-After comes first, then an allowance that is used up; neither beyond the most that anybody may ask for", () => {
  const usedUp = { "ratelimit-remaining": "0", "ratelimit-reset": "9" };
  expect(askedWaitMs({ "retry-after": "5", ...usedUp }, now)).toBe(5_000);
  expect(askedWaitMs({ "retry-after": "soon", ...usedUp }, now)).toBe(9_000);
  expect(askedWaitMs({ ...usedUp, "ratelimit-reset": "99999999" }, now)).toBe(RETRY_AFTER_MS_MAX);
  expect(askedWaitMs({}, now)).toBeNull();
  expect(askedWaitMs({ "retry-after": "5", "x-ms-retry-after-ms": "9000" }, now)).toBe(5_000);
  expect(askedWaitMs({ "x-ms-retry-after-ms": "250", ...usedUp }, now)).toBe(250);
  expect(askedWaitMs({ "x-api-retry-after": "9" }, now)).toBe(9_000);
});
