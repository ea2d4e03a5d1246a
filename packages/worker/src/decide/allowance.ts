// What a reply's rate-limit headers say that a destination allows, and when it allows more. Pure.

import { toValues, untilMs } from "./until.ts";

/** An item of a list up to its end: texts in quotation marks may hold what else would end it. */
const ITEM = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
/** Policies of one header that are looked at; nobody has more. */
const POLICIES_MAX = 10;

/**
 * Requests a second that the headers grant, by the strictest of their policies; null where they say nothing
 * that can be relied on. Known: `RateLimit-Policy`, and `RateLimit-Limit` with a window, as
 * `"policy";q=100;w=60` (draft-ietf-httpapi-ratelimit-headers-10) or `100;w=60` (older drafts). A limit
 * without a window (`X-RateLimit-Limit`) tells no rate.
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
 * After how many ms an allowance that the headers call used up is there again, by the last of them; null
 * where none is used up. Known: `RateLimit: "policy";r=0;t=30` (drafts 8 to 10), `RateLimit: limit=10,
 * remaining=0, reset=45` (draft 7), and any pair such as `X-RateLimit-Remaining: 0` with `X-RateLimit-Reset`,
 * whatever stands around these words, where the reset may be any moment that untilMs reads. `-Reset-After`
 * comes first: it needs no clock that agrees with ours.
 */
export function usedUpForMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const waits = combinedWaits(headers["ratelimit"] ?? "", now);
  for (const [name, remaining] of Object.entries(headers)) {
    if (!REMAINING.test(name)) continue;
    const reset = name.replace("remaining", "reset");
    waits.push(...pairedWaits(remaining, headers[`${reset}-after`] ?? headers[reset], now));
  }
  const found = waits.filter((wait) => wait !== null);
  return found.length === 0 ? null : Math.max(...found);
}

/**
 * `ratelimit-remaining`, `x-rate-limit-remaining`, `x-ratelimit-remaining-requests`,
 * `x-vendor-ratelimit-daily-remaining`.
 */
const REMAINING = /(?:^|-)rate-?limit-(?:.+-)?remaining(?:-|$)/;

function combinedWaits(header: string, now: number): (number | null)[] {
  const items = (header.match(ITEM)?.slice(0, POLICIES_MAX) ?? []).map(toItem);
  const dictionary = new Map(
    items.map(({ first }) => {
      const [name = "", value = ""] = first.split("=", 2);
      return [name.toLowerCase(), value] as const;
    }),
  );
  return [
    ...items.map(({ parameters }) => toWait(parameters.get("r"), parameters.get("t"), now)),
    toWait(dictionary.get("remaining"), dictionary.get("reset"), now),
  ];
}

/** Headers that came twice, as of two limits: the n-th of one belongs to the n-th of the other. */
function pairedWaits(remaining: string, reset: string | undefined, now: number): (number | null)[] {
  const [counts, resets] = [toValues(remaining), toValues(reset)];
  return resets.map((value, index) => toWait(counts[index] ?? counts[0], value, now));
}

function toWait(remaining: string | undefined, reset: string | undefined, now: number): number | null {
  if (!/^(?:0+(?:\.0+)?|-\d+)$/.test(remaining?.trim() ?? "")) return null;
  return untilMs(reset ?? "", now);
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
