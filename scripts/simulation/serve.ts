// How workers claim, send and end deliveries, each with one thread and its slots parted among its shards.

import type { Served, SimulatedShard, SimulatedWorker } from "./places.ts";
import { AGAIN_SECONDS, ANSWER, ASK, hasNoRate, LOOK, type World } from "./world.ts";

/** How often a shard asks for slots (worker/src/worker-lanes.ts). */
const ASK_SECONDS = 0.4;
/** A claim's object tells the shard as its worker serves it, the destination, and whether its lane is own. */
const SERVED_MAX = 64;
const LANE = "bulk";

export interface Sending {
  readonly lateMs: number;
  readonly isOwn: boolean;
}

export function send(world: World, worker: SimulatedWorker, place: number, to: number, how: Sending): void {
  const { events, destinations, scenario, counts } = world;
  const served = worker.served[place] as Served;
  destinations[to]?.sent(world.now + how.lateMs / 1_000);
  worker.busyUntil = Math.max(worker.busyUntil, world.now) + world.serviceSeconds;
  if (!how.isOwn) served.inFlight += 1;
  served.destinations.set(to, (served.destinations.get(to) ?? 0) + 1);
  if (hasNoRate(world, to)) counts.waiting -= 1;
  const claim = (to * SERVED_MAX + place) * 2 + (how.isOwn ? 1 : 0);
  events.add(worker.busyUntil + scenario.latencySeconds, ANSWER, worker.index, claim);
  planLook(world, worker);
}

export function answer(world: World, worker: SimulatedWorker, claim: number): void {
  // What it had in flight is sent again by others.
  if (!worker.isUp) return;
  const place = (claim >> 1) % SERVED_MAX;
  const to = Math.floor(claim / 2 / SERVED_MAX);
  const served = worker.served[place] as Served;
  // It is recorded as soon as its Redis answers again.
  if (!served.shard.isUp) {
    world.events.add(world.now + AGAIN_SECONDS, ANSWER, worker.index, claim);
    return;
  }
  if (claim % 2 === 0) served.inFlight -= 1;
  served.destinations.set(to, (served.destinations.get(to) ?? 0) - 1);
  world.counts.ended += 1;
  planLook(world, worker);
}

export function planLook({ events, now }: World, worker: SimulatedWorker): void {
  if (worker.isPlanned || !worker.isUp) return;
  worker.isPlanned = true;
  events.add(Math.max(now, worker.busyUntil), LOOK, worker.index);
}

export function wakeOne(world: World, shard: SimulatedShard): void {
  const idle = shard.workers.find(
    ({ isUp, isPlanned, busyUntil }) => isUp && !isPlanned && busyUntil <= world.now,
  );
  if (idle !== undefined) planLook(world, idle);
}

/** Claims the next delivery of the shards that it serves, each in turn. */
export function look(world: World, worker: SimulatedWorker): void {
  worker.isPlanned = false;
  if (!worker.isUp) return;
  if (worker.busyUntil > world.now) {
    planLook(world, worker);
    return;
  }
  for (const _ of worker.served) {
    worker.turn = (worker.turn + 1) % worker.served.length;
    const { shard, inFlight, granted } = worker.served[worker.turn] as Served;
    if (!shard.isUp || inFlight >= granted || shard.from >= shard.queue.length) continue;
    const destination = shard.queue[shard.from++] as number;
    if (shard.from > QUEUE_FORGOTTEN_MIN) {
      shard.queue.splice(0, shard.from);
      shard.from = 0;
    }
    send(world, worker, worker.turn, destination, { lateMs: 0, isOwn: false });
    return;
  }
}

const QUEUE_FORGOTTEN_MIN = 10_000;

/** The product's own parting of a process' slots among the shards that it serves. */
export function askSlots(world: World, worker: SimulatedWorker): void {
  if (!worker.isUp) return;
  for (const served of worker.served) {
    const { inFlight, granted } = served;
    const isFull = inFlight >= granted && served.shard.from < served.shard.queue.length;
    served.granted = served.slots.ask(LANE, world.concurrency, { inFlight, isFull });
  }
  planLook(world, worker);
  world.events.add(world.now + ASK_SECONDS, ASK, worker.index);
}
