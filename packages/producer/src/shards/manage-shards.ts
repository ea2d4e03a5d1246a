// The shards of the installation, for those who look after it: what lies in each, and how many there are.

import { setTimeout as sleep } from "node:timers/promises";
import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { OpenShards } from "@postrider/redis/open-shards";
import { removeShard, setShards } from "@postrider/redis/set-shards";
import { KNOWN_TO_ALL_MS, namesOf, type ShardMap, type ShardPlace } from "@postrider/redis/shard-map";
import { hasCode, invalidField, PostriderError } from "@postrider/shared/errors";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import { byName } from "../over-shards/joined-place.ts";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import { type Adopted, adoptSwitches } from "./adopt-switches.ts";
import { findUnread, rememberedUntil, type WithReaders } from "./left-behind.ts";

export interface ShardShown extends ShardPlace {
  /** Whether its Redis answers. */
  readonly isUp: boolean;
  /** Deliveries that have not ended; null where it does not answer. */
  readonly open: number | null;
  readonly deadLetters: number | null;
}

export interface ManageShards {
  /** All shards, by name. @throws `redis_unavailable` where the store does not answer. */
  list(): Promise<ShardShown[]>;
  /**
   * Sets how many shards new deliveries enter, while all goes on; that counts for all processes five seconds
   * later. It waits for most of them where there are new ones. Fewer: the last ones drain.
   * @throws `settings_invalid`, `redis_unavailable`.
   */
  set(count: number): Promise<ShardShown[]>;
  /**
   * Lets go of a shard that drains, once nothing is left in it, nothing more can enter it, all groups and
   * subscriptions have read what was told there, and no id that ended there is remembered any more.
   * @throws `settings_invalid` where there is none such, or something is left; `redis_unavailable`.
   */
  remove(name: string, options?: RemoveShard): Promise<void>;
}

export interface RemoveShard {
  /** Also while ids are remembered: a key or run of them that is handed in again is sent once more. */
  readonly forgetIds?: boolean;
}

const SHARDS_MAX = 1_000;

interface WithLetters extends WithReaders {
  readonly deadLetters: DeadLetters;
  readonly directory: LaneDirectory;
}

/** @param windowMs how long ids that have ended are remembered. */
export function createManageShards(
  shards: OpenShards,
  over: OverShards<WithLetters>,
  windowMs: number,
): ManageShards {
  const look = async (place: ShardPlace): Promise<ShardShown> => {
    const part = over.all().find(({ shard }) => shard.name === place.name);
    const nothing = { ...place, isUp: false, open: null, deadLetters: null };
    if (part === undefined) return nothing;
    try {
      return { ...place, isUp: true, ...(await readLeft(part)) };
    } catch (error) {
      if (hasCode(error, "redis_unavailable")) return nothing;
      throw error;
    }
  };
  const list = async (): Promise<ShardShown[]> => {
    await asProducer(() => shards.refresh());
    const shown = await Promise.all(shards.map().shards.map(look));
    return shown.sort((one, other) => byName(one.name, other.name));
  };
  return {
    list,
    async set(count) {
      if (!Number.isInteger(count) || count < 1 || count > SHARDS_MAX)
        throw invalidField("settings_invalid", "count", `must be a whole number from 1 to ${SHARDS_MAX}`);
      await asProducer(() => shards.refresh());
      const known = new Set(namesOf(shards.map()));
      const setAt = performance.now();
      const map = await setShards(shards.store, { count, servers: shards.servers, now: Date.now });
      await asProducer(() => shards.refresh());
      // What persons have switched holds before the first delivery enters.
      const adopting = { known, added: namesOf(map).filter((name) => !known.has(name)), adopted: new Map() };
      await adoptInOthers(over, adopting);
      if (adopting.added.length > 0) {
        // Until then a person may switch something in a process that does not know of the new ones.
        await sleep(Math.max(0, setAt + ADOPTED_AGAIN_MS - performance.now()));
        await adoptInOthers(over, adopting);
      }
      return await list();
    },
    async remove(name, { forgetIds = false } = {}) {
      const shown = (await list()).find((shard) => shard.name === name);
      const refusal =
        findRefusal(name, shown, settledAt(shards.map(), name) - Date.now()) ??
        (await findUnread(over, shards.store, name)) ??
        (forgetIds ? null : await findRemembered(over.named(name), windowMs));
      if (refusal !== null) throw invalidField("settings_invalid", "name", refusal);
      await forgetSwitches(over.named(name));
      await removeShard(shards.store, name);
    },
  };
}

/** All processes look for new shards every second; deliveries enter them later (KNOWN_TO_ALL_MS). */
const ADOPTED_AGAIN_MS = 3_500;

interface Adopting {
  /** Shards that were there before. */
  readonly known: ReadonlySet<string>;
  readonly added: readonly string[];
  /** By shard. */
  readonly adopted: Map<string, Adopted>;
}

/** @throws `redis_unavailable`, naming the new shards that do not answer: it can be done again. */
async function adoptInOthers(
  over: OverShards<WithLetters>,
  { known, added, adopted }: Adopting,
): Promise<void> {
  const parts = over.answering();
  const source = parts.find(({ shard }) => known.has(shard.name));
  if (source === undefined) return;
  for (const { shard, directory } of parts) {
    if (shard.name === source.shard.name) continue;
    const ofShard = adopted.get(shard.name) ?? new Map();
    adopted.set(shard.name, ofShard);
    await asProducer(() => adoptSwitches(source.directory, directory, ofShard));
  }
  const answering = new Set(parts.map(({ shard }) => shard.name));
  const missing = added.filter((name) => !answering.has(name));
  if (missing.length > 0)
    throw new PostriderError(
      "redis_unavailable",
      `the Redis of the new shards ${missing.join(", ")} does not answer: what was limited or paused is not known there; set the number again once it does`,
    );
}

/** What is left in a shard. */
async function readLeft({
  shard,
  deadLetters,
}: Pick<WithLetters, "shard" | "deadLetters">): Promise<Pick<ShardShown, "open" | "deadLetters">> {
  const { redis, keys } = shard;
  const [enqueued, ended] = await asProducer(() => redis.hmget(keys.totals(), "enqueued", "ended"));
  const { count } = await deadLetters.count({});
  return { open: Math.max(0, Number(enqueued ?? 0) - Number(ended ?? 0)), deadLetters: count };
}

/** What was switched there must not hold for a shard that is given its name later. */
async function forgetSwitches({ shard: { redis, keys } }: ShardPart): Promise<void> {
  const names = [keys.ownLanes(), keys.ownLaneChanges(), keys.ownLaneArrivals()];
  await asProducer(() => redis.del(...names));
}

/** Why ids that ended in a shard are still needed; null: none is. */
async function findRemembered({ shard }: ShardPart, windowMs: number): Promise<string | null> {
  const now = Date.now();
  const until = await asProducer(() => rememberedUntil(shard, { windowMs, now }));
  if (until === null || until <= now) return null;
  const minutes = Math.ceil((until - now) / 60_000);
  return `the shard ${shard.name} remembers for another ${minutes} minutes what has ended there: a run or key of it that is handed in again would be sent once more; wait, or say that its ids may be forgotten (--forget-ids)`;
}

/**
 * Unix ms from which on no process takes anything more into a shard that drains: new deliveries enter it
 * until all know of the change, and what was under way then has arrived after as long again.
 */
function settledAt({ former }: ShardMap, name: string): number {
  const latest = former.findLast(({ names }) => names.includes(name));
  return latest === undefined ? 0 : latest.until + KNOWN_TO_ALL_MS;
}

/** Why a shard cannot be let go of; null: it can. @param leftMs until nothing more can enter it. */
function findRefusal(name: string, shard: ShardShown | undefined, leftMs: number): string | null {
  if (shard === undefined) return `no shard is called ${name}`;
  if (shard.state === "open")
    return `new deliveries enter the shard ${name}; set a lower number of shards first`;
  if (!shard.isUp)
    return `the Redis of the shard ${name} does not answer, so nobody knows what is left in it`;
  const { open, deadLetters } = shard;
  if (open !== 0 || deadLetters !== 0)
    return `${open} deliveries and ${deadLetters} dead letters are left in the shard ${name}; wait, and replay or purge the dead letters`;
  if (leftMs <= 0) return null;
  return `deliveries may still enter the shard ${name}, until all processes know that it drains; try again in ${Math.ceil(leftMs / 1_000)} seconds`;
}
