// The loss of a zone, and how what was there goes on elsewhere.

import { enter } from "./enter.ts";
import type { SimulatedShard, SimulatedWorker } from "./places.ts";
import { resumeRated } from "./rated-lanes.ts";
import { planLook } from "./serve.ts";
import { hasNoRate, RECLAIM, RETURN, type World } from "./world.ts";

/** Its workers are gone for good, and its Redis until replicas elsewhere have taken over. */
export function loseZone(world: World, zone: number): void {
  const { places, events, scenario, seeded } = world;
  for (const worker of places.workers) if (worker.zone === zone) loseWorker(world, worker);
  for (const [index, shard] of places.shards.entries()) {
    if (shard.zone !== zone) continue;
    shard.isUp = false;
    events.add(world.now + scenario.failoverSeconds * (0.8 + 0.2 * seeded.next()), RETURN, index);
  }
}

function loseWorker(world: World, worker: SimulatedWorker): void {
  const { events, places, scenario, seeded } = world;
  worker.isUp = false;
  for (const { shard, destinations } of worker.served)
    for (const [destination, count] of destinations)
      for (let nth = 0; nth < count; nth++)
        events.add(
          world.now + scenario.lockSeconds * (0.5 + 0.5 * seeded.next()),
          RECLAIM,
          places.shards.indexOf(shard),
          destination,
        );
}

export function comeBack(world: World, index: number): void {
  const { places, counts } = world;
  const shard = places.shards[index] as SimulatedShard;
  shard.isUp = true;
  for (const destination of shard.held.splice(0)) {
    if (hasNoRate(world, destination)) counts.waiting -= 1;
    enter(world, index, destination);
  }
  resumeRated(world, index);
  for (const worker of shard.workers) planLook(world, worker);
}
