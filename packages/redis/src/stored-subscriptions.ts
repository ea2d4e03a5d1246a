// Subscriptions as they lie in Redis: in the store what they are, and in the shard how far their readers are.

import { asProducer } from "./connect.ts";
import { readReplies } from "./replies.ts";
import { ONLY_SHARD, type Shard, type Store } from "./shard.ts";

/** By id, in no order. */
export function readSubscriptions({ redis, keys }: Store): Promise<Readonly<Record<string, string>>> {
  return asProducer(() => redis.hgetall(keys.subscriptions()));
}

export async function writeSubscription({ redis, keys }: Store, id: string, text: string): Promise<void> {
  await asProducer(() => redis.hset(keys.subscriptions(), id, text));
}

/** @returns whether it was there. */
export async function forgetSubscription({ redis, keys }: Store, id: string): Promise<boolean> {
  return (await asProducer(() => redis.hdel(keys.subscriptions(), id))) === 1;
}

/** What is known of a subscription's reader of one stream. */
export interface ReaderState {
  /** The id in the stream up to which it has read; null: it has not begun. */
  readonly place: string | null;
  /** Entries that were gone before they could be read. */
  readonly missed: number;
  /** JSON: what stands in its way; null: nothing. */
  readonly problem: string | null;
}

/** @returns states in the names' order. */
export async function readReaders({ redis, keys }: Shard, names: readonly string[]): Promise<ReaderState[]> {
  if (names.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const name of names) pipeline.hmget(keys.subscriptionReader(name), "place", "missed", "problem");
  return (await asProducer(async () => readReplies(await pipeline.exec()))).map((reply) => {
    const [place = null, missed, problem = null] = reply as (string | null)[];
    return { place, missed: Number(missed ?? 0), problem };
  });
}

/**
 * Input: KEYS reader; ARGV field, value ("" = it goes), 1 if it is added. A reader that was forgotten stays
 * so.
 */
const NOTE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return end
if ARGV[2] == "" then redis.call("HDEL", KEYS[1], ARGV[1])
elseif ARGV[3] == "1" then redis.call("HINCRBY", KEYS[1], ARGV[1], ARGV[2])
else redis.call("HSET", KEYS[1], ARGV[1], ARGV[2]) end
`;

/** @param problem JSON; null: nothing stands in its way any more. */
export async function noteProblem(shard: Shard, name: string, problem: string | null): Promise<void> {
  await note(shard, name, ["problem", problem ?? "", 0]);
}

export async function noteMissed(shard: Shard, name: string, missed: number): Promise<void> {
  await note(shard, name, ["missed", missed, 1]);
}

async function note({ redis, keys }: Shard, name: string, values: (string | number)[]): Promise<void> {
  await asProducer(() => redis.eval(NOTE, 1, keys.subscriptionReader(name), ...values));
}

/** The names of all readers that subscriptions have, or had. */
export function readReaderNames({ redis, keys }: Shard): Promise<string[]> {
  return asProducer(() => redis.smembers(keys.subscriptionReaders()));
}

/** Before all of a stream. */
const FIRST = "0-0";

/** Where a reader begins, as it is kept. @param places by shard, as ids in its stream. */
export function toFrom(places: readonly (readonly [shard: string, id: string])[]): string {
  return places.map(([shard, id]) => `${shard}.${id}`).join(",");
}

/**
 * The id behind which a reader begins in a shard: in one that is younger than the subscription, at its
 * beginning. An id without a shard is that of an installation that had but one.
 */
export function fromIn({ from }: { readonly from: string }, shard: string): string {
  if (!from.includes(".")) return shard === ONLY_SHARD ? from : FIRST;
  const place = from.split(",").find((one) => one.startsWith(`${shard}.`));
  return place?.slice(shard.length + 1) ?? FIRST;
}
