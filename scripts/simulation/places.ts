// Where everything is: shards and workers in their zones, and which worker serves which shards. Homes of
// deliveries, and a shard's part of a rate, are those of the product.

import { createRendezvous } from "@postrider/redis/rendezvous";
import { ONE_SHARD, openNames, partOf, planShards } from "@postrider/redis/shard-map";
import type { RatePart } from "@postrider/shared/rate-part";
import { createProcessSlots, type ShardSlots } from "@postrider/worker/serve/slots";
import type { Scenario } from "./scenario.ts";

/** A Redis and what waits in it. */
export interface SimulatedShard {
  readonly zone: number;
  /** Of each rate, as long as what waits does not say otherwise. */
  readonly part: RatePart;
  /** Workers that serve it. */
  readonly workers: SimulatedWorker[];
  /** Deliveries of destinations without a rate, by destination; the first is at `from`. */
  readonly queue: number[];
  from: number;
  /** What comes for it while it does not answer, by destination. */
  readonly held: number[];
  isUp: boolean;
  /** Whose turn it is to serve an own lane. */
  turn: number;
  /** Deliveries that entered. */
  entered: number;
}

export interface SimulatedWorker {
  readonly index: number;
  readonly zone: number;
  readonly served: Served[];
  isUp: boolean;
  /** Its one thread is busy until then, in seconds. */
  busyUntil: number;
  /** Whether it will look for the next delivery by itself. */
  isPlanned: boolean;
  turn: number;
}

/** One shard as a worker serves it. */
export interface Served {
  readonly shard: SimulatedShard;
  readonly slots: ShardSlots;
  granted: number;
  inFlight: number;
  /** What it has in flight of each destination, for the time when it is lost. */
  readonly destinations: Map<number, number>;
}

export interface Places {
  readonly shards: readonly SimulatedShard[];
  readonly workers: readonly SimulatedWorker[];
  /** The place of an id's home. */
  readonly homeOf: (id: string) => number;
}

export function createPlaces(scenario: Scenario): Places {
  const now = 0;
  const map = planShards(ONE_SHARD, { count: scenario.shards, servers: scenario.shards, now });
  // All know of a change by then.
  const later = Number.MAX_SAFE_INTEGER;
  const shards = map.shards.map(
    ({ name }, index): SimulatedShard => ({
      zone: index % scenario.zones,
      part: partOf(map, name, later),
      workers: [],
      queue: [],
      from: 0,
      held: [],
      isUp: true,
      turn: 0,
      entered: 0,
    }),
  );
  const workers = Array.from({ length: scenario.workers }, (_, index) =>
    createWorker(index, scenario, shards),
  );
  return { shards, workers, homeOf: createRendezvous(openNames(map, later)) };
}

/**
 * The workers of a zone share all shards out among themselves, so that whichever zone is lost, the others
 * still serve all of them.
 */
function createWorker(
  index: number,
  { zones, workers, shardsPerWorker }: Scenario,
  shards: readonly SimulatedShard[],
): SimulatedWorker {
  const zone = index % zones;
  const place = Math.floor(index / zones);
  const perZone = Math.floor(workers / zones);
  const slots = createProcessSlots();
  const worker: SimulatedWorker = {
    index,
    zone,
    served: [],
    isUp: true,
    busyUntil: 0,
    isPlanned: false,
    turn: 0,
  };
  for (let nth = 0; nth < shardsPerWorker; nth++) {
    // The second ones are shared out in another order than the first, or the same workers would share both.
    const shard = shards[(place + nth * Math.max(1, Math.floor(perZone / 3))) % shards.length];
    if (shard === undefined) continue;
    worker.served.push({ shard, slots: slots.join(), granted: 1, inFlight: 0, destinations: new Map() });
    shard.workers.push(worker);
  }
  return worker;
}
