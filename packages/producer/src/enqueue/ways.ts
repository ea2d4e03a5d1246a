// The ways into the shards: each delivery enters the shard that is its home, and a chunk of them all of
// theirs at once. A shard that fails fails its own deliveries alone.

import { asProducer } from "@postrider/redis/connect";
import type { LaneQueues } from "@postrider/redis/lane-queues";
import type { OpenShards } from "@postrider/redis/open-shards";
import type { Admit, Admitted, Entrance } from "@postrider/redis/scripts/admit";
import type { Admission } from "@postrider/redis/scripts/take-in";
import type { Shard } from "@postrider/redis/shard";
import type { Home } from "@postrider/redis/shards";
import { within } from "@postrider/redis/within";
import { newDeliveryId } from "@postrider/shared/delivery";
import type { ShardsLook } from "../over-shards/look-for-shards.ts";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { ShardWatch } from "../over-shards/shard-watch.ts";
import { type Failed, isAway, partByHome, toTold } from "./part-by-home.ts";
import type { Routing } from "./routing.ts";

/** The way into one shard. */
export interface Way {
  readonly shard: Shard;
  readonly lanes: Pick<LaneQueues, "queue" | "backlog">;
  readonly routing: Routing;
  readonly admit: Admit;
}

/** What came of a chunk. */
export interface Taken extends Admitted {
  /** How many are new, by the way on which they entered. */
  readonly by: ReadonlyMap<Way, number>;
  /** What was not taken in, or of which that is not known. */
  readonly failed: readonly Failed[];
}

export interface Ways {
  /** One for each shard that answers, or has done so. */
  all(): readonly Way[];
  /** Asks all that answer, as `OverShards` does. */
  ask<Result>(work: (way: Way) => Promise<Result>): Promise<Result[]>;
  /** Whether there is one shard, and never was another. */
  hasOne(): boolean;
  /** Whether a shard answers, as far as is known without asking. */
  isAnyUp(): boolean;
  /**
   * Brings up to date what is known of shards and lanes.
   * @throws `redis_unavailable` where the only shard is away; several are told by those that fail.
   */
  look(): Promise<void>;
  /**
   * An id for a delivery that nobody can hand in again: its home is a shard that answers, as long as there is
   * one.
   */
  freshId(): string;
  /**
   * Takes deliveries in, each where it is at home, or where it has been before its home moved.
   * @param toEntrance what it throws fails those of its way.
   */
  take(chunk: readonly Admission[], toEntrance: (way: Way) => Entrance | Promise<Entrance>): Promise<Taken>;
}

interface WithWay extends ShardPart {
  readonly way: Way;
}

export interface WaysOptions {
  readonly shards: OpenShards;
  readonly watch: ShardWatch;
  /** Resolves when it is known which shards there are, as far as the store tells. */
  readonly untilKnown: ShardsLook["untilKnown"];
  readonly over: OverShards<WithWay>;
}

/** Slow shards hold up nobody for longer: what is known of their lanes is older then. */
const LOOK_MS_MAX = 1_000;
const DRAWS_MAX = 100;

export function createWays({ shards, watch, untilKnown, over }: WaysOptions): Ways {
  const all = (): Way[] => over.all().map(({ way }) => way);
  const isUp = ({ shard }: Home): boolean => shard !== null && watch.isUp(shard);

  const enter = async (
    { name, shard }: Home,
    chunk: readonly Admission[],
    toEntrance: (way: Way) => Entrance | Promise<Entrance>,
  ): Promise<Entered> => {
    try {
      // The only one is asked whatever was: there is nowhere else to go.
      if (shard === null || (shards.only() === null && !watch.isUp(shard))) throw isAway(name);
      const { way } = over.of(shard);
      return { way, admitted: await asProducer(async () => way.admit(chunk, await toEntrance(way))) };
    } catch (error) {
      const told = toTold(error);
      if (told.code === "redis_unavailable" && shard !== null) watch.failed(shard);
      return { ids: chunk.map(({ id }) => id), error: told };
    }
  };
  return {
    all,
    ask: (work) => over.ask(({ way }) => work(way)),
    hasOne: () => shards.only() !== null,
    isAnyUp: () => shards.all.some((shard) => isUp({ name: shard.name, shard })),
    async look() {
      const ways = all();
      const [only, ...others] = ways;
      const isOnly = only !== undefined && others.length === 0 && shards.only() !== null;
      const looks = isOnly
        ? [only.routing.look()]
        : ways.map(({ routing }) => within(LOOK_MS_MAX, routing.look()));
      await Promise.all([untilKnown(), ...looks]);
    },
    freshId() {
      let id = newDeliveryId();
      if (shards.only() !== null) return id;
      for (let draws = 1; draws < DRAWS_MAX && !isUp(shards.homeOf(id)); draws++) id = newDeliveryId();
      return id;
    },
    async take(chunk, toEntrance) {
      const only = shards.only();
      if (only !== null) return toTaken([await enter(only, chunk, toEntrance)], []);
      const { parts, failed } = await partByHome(chunk, shards);
      const entered = await Promise.all(
        parts.map(({ home, admissions }) => enter(home, admissions, toEntrance)),
      );
      return toTaken(entered, failed);
    },
  };
}

type Entered = { readonly way: Way; readonly admitted: Admitted } | Failed;

function toTaken(entered: readonly Entered[], failed: readonly Failed[]): Taken {
  const by = new Map<Way, number>();
  const sums = { enqueued: 0, duplicates: 0, recovered: 0 };
  const known: string[] = [];
  const allFailed = [...failed];
  for (const one of entered) {
    if ("error" in one) {
      allFailed.push(one);
      continue;
    }
    const { way, admitted } = one;
    by.set(way, admitted.enqueued);
    sums.enqueued += admitted.enqueued;
    sums.duplicates += admitted.duplicates;
    sums.recovered += admitted.recovered;
    known.push(...admitted.known);
  }
  return { ...sums, known, by, failed: allFailed };
}

/** @throws the first failure, where there is one. */
export function orThrow(taken: Taken): Taken {
  const [first] = taken.failed;
  if (first !== undefined) throw first.error;
  return taken;
}
