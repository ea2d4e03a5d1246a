// What a reply's rate-limit headers say that a destination allows. Pure.

/** `limit` requests in a window, as `"policy";q=100;w=60` (draft-ietf-httpapi-ratelimit-headers-10) or `100;w=60` (older drafts). */
const WINDOWED = /(?:^|[\s,;])(?:q=)?(\d{1,9})\s*;\s*w=(\d{1,6})/;

/**
 * Requests a second that the headers grant; null where they say nothing that can be relied on.
 * Known: `RateLimit-Policy`, and `RateLimit-Limit` with a window. A limit without a window (`X-RateLimit-Limit`) tells no rate.
 */
export function allowedPerSecond(headers: Readonly<Record<string, string>>): number | null {
  for (const name of ["ratelimit-policy", "ratelimit-limit"]) {
    const match = WINDOWED.exec(headers[name] ?? "");
    if (match === null) continue;
    const perSecond = Number(match[1]) / Number(match[2]);
    if (Number.isFinite(perSecond) && perSecond > 0) return perSecond;
  }
  return null;
}
