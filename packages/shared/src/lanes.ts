// Lanes, shards and every Redis key that two processes must agree on.
// A shard's keys share one hash tag, so that they live in one slot of a Redis Cluster.

import { hash } from "node:crypto";

/** BullMQ's prefix, and ours, of one shard. */
export function shardPrefix(shard = 0): string {
  return `{postrider:${shard}}`;
}

export const DEFAULT_LANES = ["transactional", "bulk"] as const;

/** Where a delivery starts when nobody says otherwise: a run in bulk, a single one in transactional. */
export function chooseLane(hasRun: boolean): string {
  return hasRun ? "bulk" : "transactional";
}

const LANE_NAME = /^[a-z0-9][a-z0-9_-]{0,49}$/;
/** They stand where a lane's name would stand in keys of ours. */
const RESERVED = new Set(["outcome", "run", "runs", "own-lanes", "trouble", "totals", "workers"]);

/** Whether a text can name a shared lane (it becomes a BullMQ queue name and a metric label). */
export function isLaneName(text: string): boolean {
  return LANE_NAME.test(text) && !RESERVED.has(text);
}

/** What an own lane carries: all that goes to one destination, one run, or the retries that a shared lane has too many of. */
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

/** A lane's kind, which is its metric label where there may be thousands of lanes; the name itself for a shared one. */
export function toLaneLabel(lane: string): string {
  return lane.split(".", 1)[0] ?? lane;
}

export function isOwnLane(lane: string): boolean {
  return lane.includes(".");
}

/** Whether a lane may hold deliveries to many destinations: a shared lane, a run's or one of retries, but not a destination's own. */
export function isForMany(lane: string): boolean {
  return !lane.startsWith("destination.");
}

/** Keys of ours; those of the lanes themselves are BullMQ's. */
export const keys = {
  /** A delivery's mark: the lane that it is in, and once it has ended its outcome, kept for the idempotency window. */
  outcome: (deliveryId: string, shard = 0) => `${shardPrefix(shard)}:outcome:${deliveryId}`,
  /** A run's facts and counters. */
  run: (run: string, shard = 0) => `${shardPrefix(shard)}:run:${run}`,
  /** The runs by the time of their beginning. */
  runs: (shard = 0) => `${shardPrefix(shard)}:runs`,
  /** Deliveries of this shard ever enqueued and ended, so that an audit can tell a loss. */
  totals: (shard = 0) => `${shardPrefix(shard)}:totals`,
  /** Registry of the own lanes: lane → `<version> <entry as JSON>`. */
  ownLanes: (shard = 0) => `${shardPrefix(shard)}:own-lanes`,
  /** Which own lanes changed last: sorted by version. */
  ownLaneChanges: (shard = 0) => `${shardPrefix(shard)}:own-lanes:changes`,
  /** The latest version. */
  ownLaneVersion: (shard = 0) => `${shardPrefix(shard)}:own-lanes:version`,
  /** What workers met at a destination lately: `<second>:<kind>` → count. */
  trouble: (lane: string, shard = 0) => `${shardPrefix(shard)}:trouble:${lane}`,
  /** Destinations' lanes with trouble in the last window, by the time when it began. */
  suspects: (shard = 0) => `${shardPrefix(shard)}:trouble:suspects`,
  /** Of a held run's lane: deliveries that were released by themselves and came back because the run was paused. */
  released: (lane: string, shard = 0) => `${shardPrefix(shard)}:${lane}:released`,
  /** When a lane with a rate may send its next request: Unix µs of Redis' clock. */
  nextRequest: (lane: string, shard = 0) => `${shardPrefix(shard)}:${lane}:next-request`,
  /** Worker processes by the time of their last sign of life. */
  workers: (shard = 0) => `${shardPrefix(shard)}:workers`,
  /** Shared lanes that workers serve, by the time of their last sign of life; gone when there are no workers. */
  servedLanes: (shard = 0) => `${shardPrefix(shard)}:workers:lanes`,
  /** Held by the worker that carries out a duty for all. */
  duty: (name: string, shard = 0) => `${shardPrefix(shard)}:workers:${name}`,
  /** What an audit hands on to the next one, which another worker may carry out. */
  auditState: (shard = 0) => `${shardPrefix(shard)}:workers:audit-state`,
  /** A key of BullMQ's for one lane: `wait`, `meta`, … */
  ofLane: (lane: string, part: string, shard = 0) => `${shardPrefix(shard)}:${lane}:${part}`,
  /** An action's versions: hash of version → JSON, with `latest`, `digest` and `examples`. All shards share it, off the data path. */
  action: (id: string) => `{postrider}:action:${id}`,
  /** Set of the actions' ids. */
  actions: () => "{postrider}:actions",
  /** The store's snippets: hash of name → text. Read when an action is saved, never on the data path. */
  snippets: () => "{postrider}:snippets",
  /** Hash of secrets' names → when they were set, and the sealed value. Shared by all shards, read a few times a minute. */
  secrets: () => "{postrider}:secrets",
  /** An access token, sealed; `identity` tells the client that it was issued to. */
  token: (identity: string) => `{postrider}:token:${identity}`,
  /** Held by the worker that fetches a token. */
  tokenLock: (identity: string) => `{postrider}:token:${identity}:lock`,
  /** Why the last fetch of a token failed; while it stands nobody tries again. */
  tokenTrouble: (identity: string) => `{postrider}:token:${identity}:trouble`,
  /** BullMQ's hash of one delivery in one lane. */
  job: (lane: string, deliveryId: string, shard = 0) => `${shardPrefix(shard)}:${lane}:${deliveryId}`,
} as const;

/** BullMQ's job name; the job's data say all. */
export const JOB_NAME = "delivery";

/** Events that BullMQ keeps per lane. Nothing of ours reads the stream, so only BullMQ's own dashboards see its end. */
export const LANE_EVENTS_MAX = 100;

/** A run's facts stay readable for so long after its last change (30 days). */
export const RUN_KEPT_SECONDS = 30 * 24 * 3_600;
