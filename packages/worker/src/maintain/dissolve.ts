// Limits that nobody asks for any more are taken back. Own lanes that have no reason to be are led into no
// more, and dissolved once they are empty.

import { RUN_KEPT_SECONDS } from "@postrider/redis/keys";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { readReplies } from "@postrider/redis/replies";
import type { Shard, Store } from "@postrider/redis/shard";
import { withoutArchived } from "@postrider/shared/lane-limits";
import { findUnmet, limitsOf, type OwnLane, withoutSuperseded } from "@postrider/shared/own-lane";
import { findWithDeliveries } from "./balance.ts";

/** A destination that gave no reason for its own lane for this long may share one again. */
export const CALM_MS = 60_000;
/** Whoever routed by an older look at the registry has looked again by then. */
const YOUNG_MS = 10_000;
/** Nobody probes a destination any more to which nothing is sent. */
const UNPROBED_MS = 600_000;

/**
 * Takes back the limits that actions gave to a destination where their latest version is another one and
 * nothing of theirs was met for long: as when a new version names another destination.
 */
export async function dropSuperseded(shard: Shard, store: Store, directory: LaneDirectory): Promise<void> {
  const now = directory.now();
  const unmet = directory.all().filter((entry) => findUnmet(entry, now).length > 0);
  const latest = await readLatest(store, [...new Set(unmet.flatMap((entry) => findUnmet(entry, now)))]);
  const superseded = unmet.filter((entry) => withoutSuperseded(entry, latest, now) !== undefined);
  // What waits there was enqueued under these limits, and is sent under them.
  const inUse = new Set(
    await findWithDeliveries(
      shard,
      superseded.map(({ lane }) => lane),
    ),
  );
  for (const entry of superseded) {
    if (inUse.has(entry.lane)) continue;
    await directory.update(
      entry.lane,
      (current) => current && withoutSuperseded(current, latest, directory.now()),
    );
  }
}

/** Takes back the limits of archived actions, where nothing waits under them. */
export async function dropArchived(shard: Shard, store: Store, directory: LaneDirectory): Promise<void> {
  const archived = new Set(await store.redis.smembers(store.keys.archivedActions()));
  if (archived.size === 0) return;
  const concerned = directory
    .all()
    .filter((entry) => withoutArchived(entry, archived, true, directory.now()) !== undefined)
    .map(({ lane }) => lane);
  const inUse = new Set(await findWithDeliveries(shard, concerned));
  for (const lane of concerned)
    await directory.update(
      lane,
      (entry) => entry && withoutArchived(entry, archived, !inUse.has(lane), directory.now()),
    );
}

/** Input: KEYS runs; ARGV seconds. Lets none expire sooner; those that do not expire stay so. */
const KEEP = `
for i = 1, #KEYS do
  local left = redis.call("TTL", KEYS[i])
  if left >= 0 and left < tonumber(ARGV[1]) then redis.call("EXPIRE", KEYS[i], ARGV[1]) end
end
`;
const KEPT_AT_ONCE = 500;
/** How often an audit looks, about. */
const PAGE_MS = 10_000;

/** A run is not forgotten while it has a lane: it may be held or paused for longer than runs are kept. */
export async function keepRuns(shard: Shard, directory: LaneDirectory): Promise<void> {
  const runs = directory.all().filter(({ kind }) => kind === "run");
  for (let from = 0; from < runs.length; from += KEPT_AT_ONCE) {
    const names = runs.slice(from, from + KEPT_AT_ONCE).map(({ of }) => shard.keys.run(of));
    await shard.redis.eval(KEEP, names.length, ...names, RUN_KEPT_SECONDS);
  }
}

/** Input: KEYS the list of runs, then runs; ARGV their names. */
const FORGET = `
for i = 2, #KEYS do
  if redis.call("EXISTS", KEYS[i]) == 0 then redis.call("ZREM", KEYS[1], ARGV[i - 1]) end
end
`;

/** Runs that are gone leave the list of all; some are kept for longer than others, as one that was held. */
export async function forgetRuns({ redis, keys }: Shard, now: number): Promise<void> {
  const old = await redis.zcount(keys.runs(), "-inf", now - RUN_KEPT_SECONDS * 1_000);
  const pages = Math.ceil(old / KEPT_AT_ONCE);
  if (pages === 0) return;
  // Whose turn it is tells the clock, since another worker may look each time.
  const from = KEPT_AT_ONCE * (Math.floor(now / PAGE_MS) % pages);
  const runs = await redis.zrange(keys.runs(), from, String(from + KEPT_AT_ONCE - 1));
  const names = [keys.runs(), ...runs.map((run) => keys.run(run))];
  await redis.eval(FORGET, names.length, ...names, ...runs);
}

async function readLatest(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const pipeline = store.redis.pipeline();
  for (const id of ids) pipeline.hget(store.keys.action(id), "latest");
  const latest = readReplies(await pipeline.exec()).map(Number);
  return new Map(ids.map((id, index) => [id, latest[index] ?? 0]));
}

/** Dissolves the lanes that are calm and empty; closes those that are calm and not. */
export async function dissolveCalm(shard: Shard, directory: LaneDirectory): Promise<void> {
  for (const entry of directory.all()) {
    if (!isCalm(entry, directory.now()) || !(await isRunOver(shard, entry))) continue;
    if (entry.isCancelled === true) await shard.redis.expire(shard.keys.run(entry.of), RUN_KEPT_SECONDS);
    if (await directory.dissolve(entry.lane)) continue;
    // Not empty: nothing new is led there, so that it can become so.
    if (entry.kind === "destination" && entry.isClosing !== true)
      await directory.update(entry.lane, (current) =>
        current === undefined || !isCalm(current, directory.now())
          ? undefined
          : { ...current, isClosing: true },
      );
  }
}

/** Whether a lane has no reason to be. */
function isCalm(entry: OwnLane, now: number): boolean {
  const { circuit, adaptiveRate, coolsUntil, lastFailureAt = 0, isPaused, isHeld } = entry;
  if (isPaused === true || isHeld === true || now - entry.createdAt < YOUNG_MS) return false;
  if (entry.kind !== "destination") return true;
  if (Object.keys(limitsOf(entry)).length > 0 || adaptiveRate !== undefined || coolsUntil !== undefined)
    return false;
  if (circuit !== undefined && (circuit.state === "open" || now - circuit.since < UNPROBED_MS)) return false;
  return now - lastFailureAt >= CALM_MS;
}

/** A cancelled run is remembered as long as deliveries of it may turn up in other lanes. */
async function isRunOver(shard: Shard, { kind, of, isCancelled }: OwnLane): Promise<boolean> {
  if (kind !== "run" || isCancelled !== true) return true;
  const [enqueued, ...ended] = (
    await shard.redis.hmget(shard.keys.run(of), "enqueued", "delivered", "failed", "expired", "cancelled")
  ).map(Number);
  return ended.reduce((sum, count) => sum + count, 0) >= (enqueued ?? 0);
}
