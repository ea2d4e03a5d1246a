// How deliveries come, and enter the shards that are their homes.

import type { SimulatedShard } from "./places.ts";
import { addRated } from "./rated-lanes.ts";
import { wakeOne } from "./serve.ts";
import { ARRIVE, hasNoRate, type World } from "./world.ts";

export function arrive(world: World, destination: number): void {
  const { places, seeded, scenario, counts, events } = world;
  counts.came += 1;
  events.add(world.now + world.gapOf(destination), ARRIVE, destination);
  const isFresh = seeded.next() < scenario.freshShare;
  let home = places.homeOf(seeded.id());
  const first = home;
  while (isFresh && places.shards[home]?.isUp === false) home = places.homeOf(seeded.id());
  if (home !== first) counts.rerouted += 1;
  const shard = places.shards[home] as SimulatedShard;
  if (shard.isUp) {
    enter(world, home, destination);
    return;
  }
  counts.held += 1;
  if (hasNoRate(world, destination)) counts.waiting += 1;
  shard.held.push(destination);
}

export function enter(world: World, index: number, destination: number): void {
  const shard = world.places.shards[index] as SimulatedShard;
  shard.entered += 1;
  if (hasNoRate(world, destination)) world.counts.waiting += 1;
  if (world.destinations[destination]?.rate === null) {
    shard.queue.push(destination);
    wakeOne(world, shard);
    return;
  }
  addRated(world, index, destination);
}
