// The same work in each shard: what is read is read of those that answer, and what is switched is switched in
// all of them. The one place where it is decided what a shard that is away means for the rest.

import { asProducer } from "@postrider/redis/connect";
import type { OpenShards } from "@postrider/redis/open-shards";
import type { Shard } from "@postrider/redis/shard";
import type { Home } from "@postrider/redis/shards";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import { byName } from "./joined-place.ts";
import type { ShardWatch } from "./shard-watch.ts";

/** What there is of one shard. */
export interface ShardPart {
  readonly shard: Shard;
}

export interface OverShards<Part extends ShardPart> {
  /** The names of the shards that do not answer, as far as is known without asking. */
  away(): readonly string[];
  /** Of those that are connected, the first that answers. @throws `redis_unavailable`. */
  first(): Part;
  /** All that are connected, in their order, whether they answer or not. */
  all(): readonly Part[];
  /** Those that answer, as far as is known without asking. @throws `redis_unavailable` where none does. */
  answering(): readonly Part[];
  /** The names of all there are, in the order in which they are walked. */
  places(): readonly string[];
  /** What there is of a shard. */
  of(shard: Shard): Part;
  /** The one of this name. @throws `redis_unavailable` where it is away. */
  named(name: string): Part;
  /**
   * Asks all that answer. Those that are away are left out: there are fewer results than places then.
   * @throws `redis_unavailable` where none answers, and what is no absence.
   */
  ask<Result>(work: (part: Part) => Promise<Result>): Promise<Result[]>;
  /**
   * Carries something out in all of them. Where one is away it is carried out in the others all the same.
   * @param meanwhile what the caller is to know of the others, where one is away.
   * @throws `redis_unavailable`, naming those that it was not carried out in; what is no absence.
   */
  insist<Result>(work: (part: Part) => Promise<Result>, meanwhile?: string): Promise<Result[]>;
  /**
   * Looks for a delivery where it is at home, and where its home has been before.
   * @param work what it gives is handed back, unless it throws `unknown`: then the next one is asked.
   * @throws `unknown` where none knows it, `redis_unavailable` where one that may know it is away.
   */
  ofDelivery<Result>(id: string, unknown: Unknown, work: (part: Part) => Promise<Result>): Promise<Result>;
  /**
   * The same for what says null where it knows nothing. @throws `redis_unavailable` where one that may know
   * it is away.
   */
  whereKnown<Result>(id: string, work: (part: Part) => Promise<Result | null>): Promise<Result | null>;
}

type Unknown = "delivery_unknown" | "dead_letter_unknown";

/** @param create what there is of a shard; made when it is first needed. */
export function createOverShards<Part extends ShardPart>(
  shards: OpenShards,
  watch: ShardWatch,
  create: (shard: Shard) => Part,
): OverShards<Part> {
  const parts = new Map<string, Part>();
  const find = (shard: Shard): Part => {
    const known = parts.get(shard.name);
    if (known?.shard === shard) return known;
    const part = create(shard);
    parts.set(shard.name, part);
    return part;
  };
  const all = (): Part[] => shards.all.map(find);
  const { isAsked, tryOne, tryAll } = createAsking(shards, watch, all);
  const homesOf = (id: string): Home[] => [shards.homeOf(id), ...shards.formerHomesOf(id)];
  const atHome = async <Result>(
    { name, shard }: Home,
    work: (part: Part) => Promise<Result>,
  ): Promise<Result> => {
    if (shard === null) throw isAway([name]);
    const tried = await tryOne(find(shard), work);
    if ("result" in tried) return tried.result;
    throw tried.error;
  };
  return {
    all,
    away() {
      const silent = all().filter(({ shard }) => !watch.isUp(shard));
      return [...silent.map(({ shard }) => shard.name), ...shards.missing()];
    },
    first() {
      const connected = all();
      const first = connected.find(({ shard }) => watch.isUp(shard)) ?? connected[0];
      if (first !== undefined) return first;
      throw isAway(shards.missing());
    },
    answering() {
      const answering = all().filter(isAsked);
      if (answering.length === 0) throw isAway(shards.missing());
      return answering;
    },
    places: () => [...all().map(({ shard }) => shard.name), ...shards.missing()].sort(byName),
    of: find,
    named(name) {
      const found = all().find(({ shard }) => shard.name === name);
      if (found === undefined || !isAsked(found)) throw isAway([name]);
      return found;
    },
    async ask(work) {
      const tried = await tryAll(work);
      const results = tried.flatMap((one) => ("result" in one ? [one.result] : []));
      if (results.length > 0) return results;
      throw firstErrorOf(tried);
    },
    async insist(work, meanwhile = "in the other shards it is done; do it again when all answer") {
      const tried = await tryAll(work);
      const failed = tried.filter((one) => "error" in one);
      if (failed.length === 0) return tried.flatMap((one) => ("result" in one ? [one.result] : []));
      if (failed.length === tried.length) throw firstErrorOf(tried);
      throw isAway(
        failed.map(({ name }) => name),
        meanwhile,
      );
    },
    async ofDelivery(id, unknown, work) {
      let last: unknown = null;
      for (const home of homesOf(id))
        try {
          return await atHome(home, work);
        } catch (error) {
          if (!hasCode(error, unknown)) throw error;
          last = error;
        }
      throw last;
    },
    async whereKnown(id, work) {
      for (const home of homesOf(id)) {
        const result = await atHome(home, work);
        if (result !== null) return result;
      }
      return null;
    },
  };
}

/** How parts are asked, one or all of them. */
function createAsking<Part extends ShardPart>(
  shards: OpenShards,
  watch: ShardWatch,
  all: () => readonly Part[],
) {
  // The only one is asked whatever was: there is nobody else to ask.
  const isAsked = ({ shard }: Part): boolean => shards.only() !== null || watch.isUp(shard);
  const tryOne = async <Result>(
    part: Part,
    work: (part: Part) => Promise<Result>,
  ): Promise<Tried<Result>> => {
    if (!isAsked(part)) return { name: part.shard.name, error: isAway([part.shard.name]) };
    try {
      return { name: part.shard.name, result: await asProducer(() => work(part)) };
    } catch (error) {
      if (!hasCode(error, "redis_unavailable")) throw error;
      if (shards.only() === null) watch.failed(part.shard);
      return { name: part.shard.name, error };
    }
  };
  const tryAll = async <Result>(work: (part: Part) => Promise<Result>): Promise<Tried<Result>[]> => {
    const tried = await settle(all().map((part) => tryOne(part, work)));
    return [...tried, ...shards.missing().map((name) => ({ name, error: isAway([name]) }))];
  };
  return { isAsked, tryOne, tryAll };
}

type Tried<Result> =
  | { readonly name: string; readonly result: Result }
  | { readonly name: string; readonly error: unknown };

/** Waits for all of them, so that none goes on behind the caller's back. @throws the first error. */
async function settle<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

function firstErrorOf(tried: readonly Tried<unknown>[]): unknown {
  const [first] = tried;
  return first !== undefined && "error" in first ? first.error : isAway([]);
}

function isAway(names: readonly string[], more = ""): PostriderError {
  const which =
    names.length === 1 ? `the shard ${names[0]} does not` : `the shards ${names.join(", ")} do not`;
  return new PostriderError("redis_unavailable", `the Redis of ${which} answer${more && `; ${more}`}`);
}
