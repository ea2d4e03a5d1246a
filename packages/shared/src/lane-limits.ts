// Whose limits stand at a destination, and which of them have ended. Pure.

import { findUnmet, type Limits, type OwnLane } from "./own-lane.ts";

/** Who has set a limit that is in force. */
export interface LimitSource {
  /** `operator`, for a person, or the action version that says so. */
  readonly by: string;
  /** Unix ms when it ends by itself; null: it does not. */
  readonly until: number | null;
}

export const OPERATOR = "operator";

/** Whose each limit in force is. */
export type LimitSources = { readonly [Field in keyof Limits]?: LimitSource };

/** Whose the limits are that `limitsOf` finds: of several actions with the same number the first one's. */
export function sourcesOf(entry: OwnLane): LimitSources {
  const ratePerSecond = sourceOf(entry, "ratePerSecond");
  const concurrency = sourceOf(entry, "concurrency");
  return { ...(ratePerSecond && { ratePerSecond }), ...(concurrency && { concurrency }) };
}

function sourceOf(
  { limitsForNow, limits, actionLimits = {} }: OwnLane,
  field: keyof Limits,
): LimitSource | null {
  if (limitsForNow?.[field] !== undefined) return { by: OPERATOR, until: limitsForNow.until };
  if (limits?.[field] !== undefined) return { by: OPERATOR, until: null };
  let least = Number.POSITIVE_INFINITY;
  let by: string | null = null;
  for (const [id, { version, [field]: given = Number.POSITIVE_INFINITY }] of Object.entries(actionLimits)) {
    if (given >= least) continue;
    least = given;
    by = `${id}@${version}`;
  }
  return by === null ? null : { by, until: null };
}

/** The entry without what a person set for a time that is over; the same object where nothing is. */
export function withoutEnded(entry: OwnLane, now: number): OwnLane {
  const { limitsForNow, pausedUntil, ...rest } = entry;
  const hasLimits = limitsForNow !== undefined && now < limitsForNow.until;
  const hasPause = pausedUntil !== undefined && now < pausedUntil;
  if (hasLimits === (limitsForNow !== undefined) && hasPause === (pausedUntil !== undefined)) return entry;
  const { isPaused: _, ...flowing } = rest;
  return {
    ...(pausedUntil !== undefined && !hasPause ? flowing : rest),
    ...(hasLimits && { limitsForNow }),
    ...(hasPause && { pausedUntil }),
  };
}

/**
 * The entry without the limits of archived actions; undefined where all of them stay.
 * @param isEmpty whether nothing waits there: what waits was enqueued under these limits. Where others' wait
 * there all the time, those go of which nothing was met for long.
 */
export function withoutArchived(
  entry: OwnLane,
  archived: ReadonlySet<string>,
  isEmpty: boolean,
  now: number,
): OwnLane | undefined {
  const { actionLimits = {} } = entry;
  const unmet = new Set(findUnmet(entry, now));
  const kept = Object.entries(actionLimits).filter(
    ([id, limits]) => !archived.has(id) || limits.metAt === undefined || !(isEmpty || unmet.has(id)),
  );
  if (kept.length === Object.keys(actionLimits).length) return undefined;
  return { ...entry, actionLimits: Object.fromEntries(kept) };
}
