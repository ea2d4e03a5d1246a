// How long a refusal asks to be left alone. Pure.

import { usedUpForMs } from "./allowance.ts";

/** Nobody may park a delivery for longer; an API that reads its own header as milliseconds would (an hour). */
export const RETRY_AFTER_MS_MAX = 3_600_000;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** By its Retry-After, else by what its rate-limit headers say; null where it says nothing. @returns ms from `now`, at most RETRY_AFTER_MS_MAX. */
export function askedWaitMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const asked = retryAfterMs(headers["retry-after"], now) ?? usedUpForMs(headers, now);
  return asked === null ? null : Math.min(asked, RETRY_AFTER_MS_MAX);
}

/**
 * RFC 9110 section 10.2.3: seconds, or a date. Fractions are rounded up, the past is now, nonsense is null.
 * @returns ms from `now`, at most RETRY_AFTER_MS_MAX.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1_000), RETRY_AFTER_MS_MAX);
  if (!HTTP_DATE.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), RETRY_AFTER_MS_MAX);
}
