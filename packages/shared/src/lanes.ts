// Lanes: their names and kinds.

import { hash } from "node:crypto";

export const DEFAULT_LANES = ["transactional", "bulk"] as const;

/** Where a delivery starts when nobody says otherwise: a run in bulk, a single one in transactional. */
export function chooseLane(hasRun: boolean): string {
  return hasRun ? "bulk" : "transactional";
}

const LANE_NAME = /^[a-z0-9][a-z0-9_-]{0,49}$/;
/** They stand where a lane's name would stand in keys of ours. */
const RESERVED = new Set([
  "outcome",
  "outcomes",
  "events",
  "subscriptions",
  "customers",
  "roll-ups",
  "test-sends",
  "run",
  "runs",
  "own-lanes",
  "failures",
  "totals",
  "workers",
]);

/** Whether a text can name a shared lane (it becomes a BullMQ queue name and a metric label). */
export function isLaneName(text: string): boolean {
  return LANE_NAME.test(text) && !RESERVED.has(text);
}

/**
 * What an own lane carries: all that goes to one destination, one run, or the retries that a shared lane has
 * too many of.
 */
export const OWN_LANE_KINDS = ["destination", "run", "retries"] as const;
export type OwnLaneKind = (typeof OWN_LANE_KINDS)[number];

/** The own lane's name; the dot tells it from shared ones. An origin may be longer than a key should be. */
export function ownLaneName(kind: OwnLaneKind, of: string): string {
  return `${kind}.${kind === "destination" ? digestOf(of) : of}`;
}

/** Asked for at every exchange, and mostly for the same few. */
const digests = new Map<string, string>();
const DIGESTS_MAX = 10_000;

function digestOf(origin: string): string {
  const known = digests.get(origin);
  if (known !== undefined) return known;
  if (digests.size >= DIGESTS_MAX) digests.clear();
  const digest = hash("sha256", origin, "base64url").slice(0, 22);
  digests.set(origin, digest);
  return digest;
}

/**
 * A lane's kind, which is its metric label where there may be thousands of lanes; the name itself for a
 * shared one.
 */
export function toLaneLabel(lane: string): string {
  return lane.split(".", 1)[0] ?? lane;
}

export function isOwnLane(lane: string): boolean {
  return lane.includes(".");
}

/**
 * Whether a lane may hold deliveries to many destinations: a shared lane, a run's or one of retries, but not
 * a destination's own.
 */
export function isForMany(lane: string): boolean {
  return !lane.startsWith("destination.");
}
