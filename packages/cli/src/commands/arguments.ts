// What options take, from text, with messages that say what to write instead.

import { InvalidArgumentError } from "commander";

/** A time in ISO 8601. */
export function parseTime(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError("must be a time such as 2026-12-01T09:00:00Z");
}

const COUNT_MAX = 100_000;

export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return count;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${COUNT_MAX}`);
}

/** Per second. */
export function parseRate(text: string): number {
  const rate = Number(text);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw new InvalidArgumentError("must be a number above 0, such as 50 or 0.5");
}
