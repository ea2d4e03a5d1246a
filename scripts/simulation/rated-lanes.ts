// Own lanes of destinations with a rate, one in each shard: what waits there is sent at the shard's moments.

import { toLateMs } from "@postrider/worker/destinations/lateness";
import { nextMoment } from "./moments.ts";
import type { SimulatedShard, SimulatedWorker } from "./places.ts";
import { send } from "./serve.ts";
import { MOMENT, type RatedLane, type World } from "./world.ts";

export function addRated(world: World, index: number, destination: number): void {
  const lane = findLane(world, index, destination);
  lane.since.push(world.now);
  planMoment(world, index, destination, lane);
}

/** What waits goes on, as after its shard was away. */
export function resumeRated(world: World, index: number): void {
  const { destinations, lanes } = world;
  for (const destination of destinations.keys()) {
    const lane = lanes.get(index * destinations.length + destination);
    if (lane !== undefined) planMoment(world, index, destination, lane);
  }
}

function findLane({ lanes, destinations }: World, shard: number, destination: number): RatedLane {
  const key = shard * destinations.length + destination;
  const known = lanes.get(key);
  if (known !== undefined) return known;
  const made = { since: [], from: 0, free: 0, isPlanned: false };
  lanes.set(key, made);
  return made;
}

/** The shard's next moment, by its own clock. */
function planMoment(world: World, index: number, destination: number, lane: RatedLane): void {
  if (lane.isPlanned || lane.from >= lane.since.length) return;
  const { clocks, places, events } = world;
  const ahead = clocks[index] ?? 0;
  const part = (places.shards[index] as SimulatedShard).part;
  const interval = toIntervalMicros(world, destination);
  const moment = nextMoment(Math.max(world.now * 1e6 + ahead, lane.free), interval, part);
  lane.free = moment + interval;
  lane.isPlanned = true;
  events.add((moment - ahead) / 1e6, MOMENT, index, destination);
}

function toIntervalMicros({ destinations }: World, destination: number): number {
  return 1e6 / (destinations[destination]?.rate ?? 1);
}

export function meetMoment(world: World, index: number, destination: number): void {
  const shard = world.places.shards[index] as SimulatedShard;
  const lane = findLane(world, index, destination);
  lane.isPlanned = false;
  if (!shard.isUp) return;
  const worker = nextWorker(shard);
  const intervalMs = toIntervalMicros(world, destination) / 1_000;
  const pace = { intervalMs, spacingMs: intervalMs, phases: [{ at: 0, part: shard.part }] };
  // A delivery takes a real worker so much less time.
  const lateMs = (Math.max(0, (worker?.busyUntil ?? 0) - world.now) / world.scenario.scale) * 1_000;
  if (worker === null || lateMs > toLateMs(pace)) world.counts.momentsMissed += 1;
  else {
    const since = lane.since[lane.from] ?? world.now;
    lane.from += 1;
    if (world.destinations[destination]?.isOverloaded !== true)
      world.momentWaits.push({
        rate: world.destinations[destination]?.rate ?? 0,
        seconds: world.now - since,
      });
    send(world, worker, servedBy(worker, shard), destination, { lateMs, isOwn: true });
  }
  planMoment(world, index, destination, lane);
}

function nextWorker(shard: SimulatedShard): SimulatedWorker | null {
  for (const _ of shard.workers) {
    shard.turn = (shard.turn + 1) % shard.workers.length;
    const worker = shard.workers[shard.turn];
    if (worker?.isUp === true) return worker;
  }
  return null;
}

function servedBy({ served }: SimulatedWorker, shard: SimulatedShard): number {
  return served.findIndex((one) => one.shard === shard);
}
