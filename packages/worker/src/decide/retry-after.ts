// How long a refusal asks to be left alone. Pure.

import { usedUpForMs } from "./allowance.ts";
import { toValues, untilDateMs, untilMs } from "./until.ts";

/**
 * Nobody may park a delivery for longer; an API that reads its own header as milliseconds would (an hour).
 */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/**
 * Other headers that say the same: `X-RateLimit-Retry-After`, `X-MS-Retry-After-MS`, and Akamai's moment of
 * the next request.
 */
const OTHER_NAMES = /-retry-after$|retry-after-ms$|^x-ratelimit-next$/;

/**
 * By its Retry-After, else by another header that says the same, else by an allowance that is used up; null
 * where it says nothing. draft-ietf-httpapi-ratelimit-headers-10 has Retry-After come first, too.
 * @returns ms from `now`, at most RETRY_AFTER_MS_MAX.
 */
export function askedWaitMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const asked =
    retryAfterMs(headers["retry-after"], now) ?? otherwiseAskedMs(headers, now) ?? usedUpForMs(headers, now);
  return asked === null ? null : Math.min(asked, RETRY_AFTER_MS_MAX);
}

/**
 * RFC 9110 section 10.2.3: seconds, or a date in any of HTTP's three forms; some APIs write RFC 3339.
 * Fractions are rounded up, the past is now, nonsense is null. Of a header that came twice, the longer wait.
 * @returns ms from `now`, at most RETRY_AFTER_MS_MAX.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  return longest(toValues(header).map((value) => toWaitMs(value, now)));
}

function toWaitMs(value: string, now: number): number | null {
  // Always seconds, however many: a Unix time has no place here.
  return /^\d+(\.\d+)?$/.test(value) ? Math.ceil(Number(value) * 1_000) : untilDateMs(value, now);
}

function otherwiseAskedMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const waits = Object.entries(headers)
    .filter(([name]) => OTHER_NAMES.test(name))
    .flatMap(([name, header]) =>
      toValues(header).map((value) => (name.endsWith("-ms") ? toMs(value) : untilMs(value, now))),
    );
  return longest(waits);
}

function toMs(value: string): number | null {
  return /^\d+(\.\d+)?$/.test(value) ? Math.ceil(Number(value)) : null;
}

function longest(waits: readonly (number | null)[]): number | null {
  const known = waits.filter((wait) => wait !== null);
  return known.length === 0 ? null : Math.min(Math.max(...known), RETRY_AFTER_MS_MAX);
}
