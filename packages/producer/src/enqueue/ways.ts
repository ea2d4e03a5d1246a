// The ways into the shards: each delivery enters the shard that is its home, and a chunk of them all of
// theirs at once. A shard that fails fails its own deliveries alone.

import { asProducer } from "@postrider/redis/connect";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { createLaneQueues, type LaneQueues } from "@postrider/redis/lane-queues";
import { type OpenShards, SHARDS_LOOK_MS } from "@postrider/redis/open-shards";
import type { Admission, Admit, Admitted, Entrance } from "@postrider/redis/scripts/admit";
import type { Shard } from "@postrider/redis/shard";
import { KNOWN_TO_ALL_MS } from "@postrider/redis/shard-map";
import type { Home } from "@postrider/redis/shards";
import { within } from "@postrider/redis/within";
import { newDeliveryId } from "@postrider/shared/delivery";
import { type Failed, isAway, partByHome, toTold } from "./part-by-home.ts";
import { createRouting, type Routing } from "./routing.ts";

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
  close(): Promise<void>;
}

export interface WaysOptions {
  readonly shards: OpenShards;
  /** How a shard takes deliveries in. */
  readonly toAdmit: (shard: Shard) => Admit;
  /** What is there of the first shard already. */
  readonly first: Pick<Way, "shard" | "routing"> & { readonly lanes: LaneQueues };
  /** Unix ms. */
  readonly now: () => number;
}

/** Slow shards hold up nobody for longer: what is known of their lanes is older then. */
const LOOK_MS_MAX = 1_000;
/** A shard that has just failed is given nothing that may as well go elsewhere. */
const AVOIDED_MS = 1_000;
const DRAWS_MAX = 100;

export function createWays({ shards, toAdmit, first, now }: WaysOptions): Ways {
  const ways = new Map<string, { readonly way: Way; readonly lanes: LaneQueues }>();
  const failedAt = new Map<string, number>();
  const find = (shard: Shard): Way => {
    const known = ways.get(shard.name);
    if (known?.way.shard === shard) return known.way;
    const { lanes, routing } = shard === first.shard ? first : toLanes(shard, now);
    const way = { shard, lanes, routing, admit: toAdmit(shard) };
    ways.set(shard.name, { way, lanes });
    return way;
  };
  const isUp = ({ name, shard }: Home): boolean =>
    shard?.redis.status === "ready" && now() - (failedAt.get(name) ?? Number.NEGATIVE_INFINITY) > AVOIDED_MS;
  const lookForShards = createShardsLook(shards, now);

  const enter = async (
    { name, shard }: Home,
    chunk: readonly Admission[],
    toEntrance: (way: Way) => Entrance | Promise<Entrance>,
  ): Promise<Entered> => {
    try {
      if (shard === null) throw isAway(name);
      const way = find(shard);
      return { way, admitted: await asProducer(async () => way.admit(chunk, await toEntrance(way))) };
    } catch (error) {
      const told = toTold(error);
      if (told.code === "redis_unavailable") failedAt.set(name, now());
      return { ids: chunk.map(({ id }) => id), error: told };
    }
  };
  return {
    all: () => shards.all.map(find),
    isAnyUp: () => shards.all.some((shard) => isUp({ name: shard.name, shard })),
    async look() {
      const all = shards.all.map(find);
      const [only, ...others] = all;
      const isOnly = only !== undefined && others.length === 0 && shards.only() !== null;
      const looks = isOnly
        ? [only.routing.look()]
        : all.map(({ routing }) => within(LOOK_MS_MAX, routing.look()));
      await Promise.all([lookForShards(), ...looks]);
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
    async close() {
      // Whoever handed in the first one closes it.
      const own = [...ways.values()].filter(({ way }) => way.shard !== first.shard);
      await Promise.all(own.map(({ lanes }) => lanes.close()));
    },
  };
}

type Entered = { readonly way: Way; readonly admitted: Admitted } | Failed;

function toLanes(shard: Shard, now: () => number): Pick<WaysOptions["first"], "lanes" | "routing"> {
  return { lanes: createLaneQueues(shard), routing: createRouting(createLaneDirectory(shard), now) };
}

/** @returns what looks which shards there are, where the last look is so old that others may know more. */
function createShardsLook(shards: OpenShards, now: () => number): () => Promise<void> {
  let lookedAt = now();
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    const startedAt = now();
    try {
      await shards.refresh();
      lookedAt = startedAt;
    } catch {
      // The next enqueue looks again.
    } finally {
      looking = null;
    }
  };
  return async () => {
    const age = now() - lookedAt;
    if (age < SHARDS_LOOK_MS) return;
    looking ??= look();
    // What the store says is waited for only where a change may be missed; a store that is away stops nobody.
    if (age > KNOWN_TO_ALL_MS / 2) await within(LOOK_MS_MAX, looking);
  };
}

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
