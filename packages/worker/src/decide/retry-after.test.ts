import { expect, test } from "vitest";
import { RETRY_AFTER_MS_MAX, retryAfterMs } from "./retry-after.ts";

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
