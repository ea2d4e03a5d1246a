// What a Retry-After header asks for. Pure.

/** Nobody may park a delivery for longer; an API that reads its own header as milliseconds would (an hour). */
export const RETRY_AFTER_MS_MAX = 3_600_000;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

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
