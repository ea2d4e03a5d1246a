// What a reply's rate-limit headers say that a destination allows. Pure.

/** An item of a list up to its end: texts in quotation marks may hold what else would end it. */
const ITEM = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
/** Policies of one header that are looked at; nobody has more. */
const POLICIES_MAX = 10;

/**
 * Requests a second that the headers grant, by the strictest of their policies; null where they say nothing that can be relied on.
 * Known: `RateLimit-Policy`, and `RateLimit-Limit` with a window, as `"policy";q=100;w=60` (draft-ietf-httpapi-ratelimit-headers-10) or
 * `100;w=60` (older drafts). A limit without a window (`X-RateLimit-Limit`) tells no rate.
 */
export function allowedPerSecond(headers: Readonly<Record<string, string>>): number | null {
  for (const name of ["ratelimit-policy", "ratelimit-limit"]) {
    const policies = (headers[name] ?? "").match(ITEM)?.slice(0, POLICIES_MAX) ?? [];
    const rates = policies.map(toRate).filter((rate) => rate !== null);
    if (rates.length > 0) return Math.min(...rates);
  }
  return null;
}

function toRate(policy: string): number | null {
  const [first = "", ...others] = policy.split(";").map((part) => part.trim());
  const parameters = new Map(
    others.map((parameter) => {
      const [name = "", value = ""] = parameter.split("=", 2).map((text) => text.trim());
      return [name.toLowerCase(), value];
    }),
  );
  // Bytes and connections are no rate of requests.
  if ((parameters.get("qu") ?? '"requests"') !== '"requests"') return null;
  const quota = toCount(parameters.get("q") ?? first.replace(/^q=/, ""));
  const seconds = toCount(parameters.get("w") ?? "");
  return quota === null || seconds === null ? null : quota / seconds;
}

/** A whole number above 0. */
function toCount(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
