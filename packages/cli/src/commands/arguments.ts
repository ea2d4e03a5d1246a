// What options take, from text, with messages that say what to write instead.

import { DURATION_RULE, parseDuration } from "@postrider/shared/duration";
import { InvalidArgumentError } from "commander";

/**
 * ISO 8601 with its zone: JavaScript would take "5" for the May of 2001, and a time without a zone for the
 * machine's own.
 */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

export function parseTime(text: string): Date {
  const date = new Date(text);
  if (TIME.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError("must be a time such as 2026-12-01T09:00:00Z");
}

const AGO_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO_MAX = 100_000;

/** A time, or how long before now: what is given back tells it. */
export function parseSince(text: string): (now: number) => Date {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0 && Number(count) <= AGO_MAX)
    return (now) => new Date(now - Number(count) * (AGO_MS[unit] ?? 0));
  if (count === undefined && TIME.test(text)) {
    const date = parseTime(text);
    return () => date;
  }
  throw new InvalidArgumentError(
    "must be how long ago, such as 90m, 6h or 7d, or a time such as 2026-12-01T09:00:00Z",
  );
}

const COUNT_MAX = 100_000;

export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return count;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${COUNT_MAX}`);
}

const SECONDS_MAX = 30 * 24 * 3_600;

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds <= SECONDS_MAX) return seconds;
  throw new InvalidArgumentError(`must be a number of seconds from 0 to ${SECONDS_MAX}`);
}

const INTERVAL_S_MIN = 0.5;
const INTERVAL_S_MAX = 3_600;

/** Seconds between two looks, so that nobody keeps Redis busy with looking. */
export function parseInterval(text: string): number {
  const seconds = Number(text);
  if (seconds >= INTERVAL_S_MIN && seconds <= INTERVAL_S_MAX) return seconds;
  throw new InvalidArgumentError(`must be a number of seconds from ${INTERVAL_S_MIN} to ${INTERVAL_S_MAX}`);
}

/** In ms. */
export function parseFor(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError(DURATION_RULE);
}

/** Per second. */
export function parseRate(text: string): number {
  const rate = Number(text);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw new InvalidArgumentError("must be a number above 0, such as 50 or 0.5");
}
