// Lanes, shards and every Redis key that two processes must agree on.
// A shard's keys share one hash tag, so that they live in one slot of a Redis Cluster.

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

/** Whether a text can name a lane (it becomes a BullMQ queue name and a metric label). */
export function isLaneName(text: string): boolean {
  return LANE_NAME.test(text);
}

/** Keys of ours; those of the lanes themselves are BullMQ's. */
export const keys = {
  /** Mark that a delivery has ended: its outcome as JSON, kept for the idempotency window. */
  outcome: (deliveryId: string, shard = 0) => `${shardPrefix(shard)}:outcome:${deliveryId}`,
  /** A run's facts and counters. */
  run: (run: string, shard = 0) => `${shardPrefix(shard)}:run:${run}`,
  /** An action's versions: hash of version → JSON, with `latest`, `digest` and `examples`. All shards share it, off the data path. */
  action: (id: string) => `{postrider}:action:${id}`,
  /** Set of the actions' ids. */
  actions: () => "{postrider}:actions",
  /** The store's snippets: hash of name → text. Read when an action is saved, never on the data path. */
  snippets: () => "{postrider}:snippets",
  /** BullMQ's hash of one delivery in one lane. */
  job: (lane: string, deliveryId: string, shard = 0) => `${shardPrefix(shard)}:${lane}:${deliveryId}`,
} as const;

/** BullMQ's job name; the job's data say all. */
export const JOB_NAME = "delivery";

/** Events that BullMQ keeps per lane. Nothing of ours reads the stream, so only BullMQ's own dashboards see its end. */
export const LANE_EVENTS_MAX = 100;

/** A run's facts stay readable for so long after its last change (30 days). */
export const RUN_KEPT_SECONDS = 30 * 24 * 3_600;
