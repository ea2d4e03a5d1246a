// How the shards share what a destination grants, its rate and its requests in flight: each tells the store
// what waits in it, and one of them says from time to time which part is whose. Nothing on the way of a
// delivery asks for it: a shard keeps its part in the entry of the lane.

import { randomUUID } from "node:crypto";
import { NOTHING, planNext, type SharesDocument, type Telling, type Told } from "./plan-shares.ts";
import { readRedisClock } from "./redis-clock.ts";
import { saveShares } from "./scripts/save-shares.ts";
import { setWhenFull } from "./scripts/set-when-full.ts";
import type { Store } from "./shard.ts";

/** Longer than any outage: what was said of requests in flight stands until something else is said. */
const KEPT_MS = 7 * 86_400_000;

/** By the clock of the store's Redis, as all of this: those of processes may differ. */
export async function tellDemand(store: Store, shard: string, count: () => Promise<Told>): Promise<void> {
  const { redis, keys } = store;
  // Before it is counted: a process that is cut off from the store afterwards tells of that time.
  const at = await readRedisClock(store);
  const text = JSON.stringify({ at, ...(await count()) });
  await redis.hset(keys.rateDemand(), shard, text);
}

/** What each shard has told last. */
async function readTold({ redis, keys }: Store): Promise<Map<string, Telling>> {
  const all = Object.entries(await redis.hgetall(keys.rateDemand()));
  return new Map(
    all.map(([shard, text]) => {
      const { at, ...told } = JSON.parse(text) as Told & { at: number };
      return [shard, { told, at }] as const;
    }),
  );
}

export async function readShares({ redis, keys }: Store): Promise<SharesDocument> {
  const text = await redis.get(keys.rateShares());
  return text === null ? NOTHING : (JSON.parse(text) as SharesDocument);
}

/**
 * Shares out anew, unless another process has done so within the time. While a shard tells nothing, as it
 * does not reach the store, no rate is, and what is in force ends; of requests in flight it keeps its part.
 */
export async function shareOut(store: Store, shards: readonly string[], everyMs: number): Promise<void> {
  const turn = await takeSharing(store, shards, everyMs);
  if (turn !== null) await turn.say();
}

/** What one process is about to say in its turn. */
export interface SharingTurn {
  /** @returns whether it was said: not where the turn was over by then. */
  say(): Promise<boolean>;
}

/** The first half of `shareOut`: null where it is another one's turn. */
export async function takeSharing(
  store: Store,
  shards: readonly string[],
  everyMs: number,
): Promise<SharingTurn | null> {
  const { redis, keys } = store;
  const holder = randomUUID();
  const turn = { ms: everyMs * 0.9, isNew: true };
  if (!(await setWhenFull(redis, keys.rateSharesTurn(), holder, turn))) return null;
  const now = await readRedisClock(store);
  const text = JSON.stringify(
    planNext(await readShares(store), { shards, tellings: await readTold(store), now }),
  );
  return { say: () => saveShares(store, { holder, text, ms: KEPT_MS }) };
}
