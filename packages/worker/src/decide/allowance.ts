// What a reply's rate-limit headers say that a destination allows, and when it allows more. Pure.

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

/**
 * After how many ms an allowance that the headers call used up is there again, by the last of them; null where none is used up. Known:
 * `RateLimit: "policy";r=0;t=30` (draft-ietf-httpapi-ratelimit-headers-10), and `RateLimit-Remaining: 0` with `RateLimit-Reset`, also with
 * the prefix `X-`, where the reset is seconds, or a Unix time as many APIs give it.
 */
export function usedUpForMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const limits = (headers["ratelimit"] ?? "").match(ITEM)?.slice(0, POLICIES_MAX) ?? [];
  const waits = limits
    .map(toItem)
    .map(({ parameters }) => toWait(parameters.get("r"), parameters.get("t"), now));
  for (const prefix of ["ratelimit", "x-ratelimit"])
    waits.push(toWait(headers[`${prefix}-remaining`], headers[`${prefix}-reset`], now));
  const found = waits.filter((wait) => wait !== null);
  return found.length === 0 ? null : Math.max(...found);
}

/** Nobody's window is thirty years long: what is more is a Unix time in seconds, and what is more than that one in ms. */
const UNIX_SECONDS_MIN = 1e9;
const UNIX_MS_MIN = 1e12;

function toWait(remaining: string | undefined, reset: string | undefined, now: number): number | null {
  if (remaining?.trim() !== "0" || !/^\d{1,13}$/.test(reset?.trim() ?? "")) return null;
  const number = Number(reset);
  if (number < UNIX_SECONDS_MIN) return number * 1_000;
  return Math.max(0, (number < UNIX_MS_MIN ? number * 1_000 : number) - now);
}

interface Item {
  /** Before the first parameter: a policy's name, or a number. */
  readonly first: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function toItem(text: string): Item {
  const [first = "", ...others] = text.split(";").map((part) => part.trim());
  const parameters = new Map(
    others.map((parameter) => {
      const [name = "", value = ""] = parameter.split("=", 2).map((part) => part.trim());
      return [name.toLowerCase(), value] as const;
    }),
  );
  return { first, parameters };
}

function toRate(policy: string): number | null {
  const { first, parameters } = toItem(policy);
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
