// The shards of an installation, and which of them a delivery enters.

import { createRendezvous } from "./rendezvous.ts";
import type { Shard } from "./shard.ts";
import { openNames, type ShardMap } from "./shard-map.ts";

/** A delivery's home: a shard, or the name of one whose server has not answered since this process began. */
export interface Home {
  readonly name: string;
  readonly shard: Shard | null;
}

export interface Shards {
  /** At least one, always in the same order. */
  readonly all: readonly Shard[];
  /** Where a new delivery of this id enters. */
  homeOf(deliveryId: string): Home;
  /** The home of all deliveries, where there is one shard and never was another; else null. */
  only(): Home | null;
  /** Where a delivery of this id would have entered earlier, and may lie: those that are not its home now. */
  formerHomesOf(deliveryId: string): readonly Home[];
}

const NONE: readonly Home[] = [];

/**
 * @param find a shard by its name; null: its server has not answered yet.
 * @param now Unix ms.
 */
export function createShards(
  readMap: () => ShardMap,
  find: (name: string) => Shard | null,
  now: () => number,
): Shards {
  let placed: Placed | undefined;
  const place = (): Placed => {
    const map = readMap();
    const isSwitched = now() >= (map.former.at(-1)?.until ?? 0);
    if (placed?.map !== map || placed.isSwitched !== isSwitched) placed = toPlaced(map, isSwitched, now());
    return placed;
  };
  const toHome = (name: string): Home => ({ name, shard: find(name) });
  const homeOf = (id: string): Home => toHome(place().home(id));
  return {
    get all() {
      return readMap().shards.flatMap(({ name }) => find(name) ?? []);
    },
    homeOf,
    only() {
      const { shards, former } = readMap();
      const [first, ...others] = shards;
      return first === undefined || others.length + former.length > 0 ? null : toHome(first.name);
    },
    formerHomesOf(id) {
      const { home, former } = place();
      if (former.length === 0) return NONE;
      const names = new Set(former.map((one) => one(id)).filter((name) => name !== null));
      names.delete(home(id));
      return names.size === 0 ? NONE : [...names].map(toHome);
    },
  };
}

type NameHome = (id: string) => string;

/** What follows from a map, before or after its latest change counts. */
interface Placed {
  readonly map: ShardMap;
  readonly isSwitched: boolean;
  readonly home: NameHome;
  /** One for each set of shards that were open earlier; null: the id's home among them is gone. */
  readonly former: readonly ((id: string) => string | null)[];
}

function toPlaced(map: ShardMap, isSwitched: boolean, now: number): Placed {
  const known = new Set(map.shards.map(({ name }) => name));
  const homes = map.former.filter(({ until }) => until <= now).map(({ names }) => toNameHome(names));
  return {
    map,
    isSwitched,
    home: toNameHome(openNames(map, now)),
    // A shard that is gone had nothing left: whatever had its home there is known nowhere.
    former: homes.map((home) => (id) => (known.has(home(id)) ? home(id) : null)),
  };
}

function toNameHome(names: readonly string[]): NameHome {
  const home = createRendezvous(names);
  return (id) => names[home(id)] ?? "";
}
