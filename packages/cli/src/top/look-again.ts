// Looks again and again, and says for how long Redis, or the API, has not answered: what is shown then is
// old, and the next look that succeeds puts it right.

import type { Overview } from "@postrider/producer/overview/overview";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { hasCode } from "@postrider/shared/errors";
import { type Sight, toSight } from "./sight.ts";

/** Rates are of the time since a look so long ago, or of the first one. */
const RATE_MS = 10_000;
/** A look that takes longer is told of, though it may still succeed. */
const SLOW_MS = 3_000;

export interface Looks {
  /** Null before the first one. */
  sight(): Sight | null;
  /** Why what is shown is old; null: it is not. */
  trouble(): string | null;
  /** Looks once. @throws what is no outage. */
  look(): Promise<void>;
}

/** @param read one look. @param now Unix ms. @param at what is looked at, for people. */
export function createLooks(read: () => Promise<Overview>, now: () => number, at: string): Looks {
  const earlier: Overview[] = [];
  let sight: Sight | null = null;
  let failing: { readonly since: number; readonly message: string } | null = null;
  let startedAt: number | null = null;
  return {
    sight: () => sight,
    trouble() {
      const since = failing?.since ?? startedAt;
      const silentMs = since === null ? 0 : now() - since;
      if (failing === null && silentMs < SLOW_MS) return null;
      const why = failing === null ? "" : ` (${failing.message})`;
      return `${at} has not answered for ${Math.round(silentMs / 1_000)} s: this is old, and it is tried again${why}`;
    },
    async look() {
      startedAt = now();
      try {
        const overview = await read();
        failing = null;
        sight = toSight(remember(overview, earlier), overview);
      } catch (error) {
        if (!isOutage(error)) throw error;
        failing ??= { since: startedAt, message: causeOf(error as Error) };
      } finally {
        startedAt = null;
      }
    },
  };
}

/** Whether it may be over by the next look. */
function isOutage(error: unknown): boolean {
  return OUTAGES.some((code) => hasCode(error, code));
}

const OUTAGES: readonly ErrorCode[] = ["redis_unavailable", "api_unreachable", "overloaded"];

/** Keeps a look for those that follow. @returns the one to hold it against; null: there is none. */
function remember(overview: Overview, earlier: Overview[]): Overview | null {
  // A clock that was set back, or another Redis, makes no rates.
  if ((earlier.at(-1)?.at ?? 0) > overview.at) earlier.length = 0;
  while (overview.at - (earlier[1]?.at ?? overview.at) >= RATE_MS) earlier.shift();
  earlier.push(overview);
  const [first] = earlier;
  return first === undefined || first === overview ? null : first;
}

/** The connection's own words: what our message adds is for producers. */
function causeOf({ cause, message }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
