// An installation of many shards as discrete events: deliveries come, enter the shards that are their homes,
// are claimed by the workers that serve these, and sent, those of destinations with a rate at their moments;
// then a zone is lost, with its workers and its Redis. The same seed gives the same.

import type { Destination } from "./destinations.ts";
import { arrive, enter } from "./enter.ts";
import { comeBack, loseZone } from "./lose-zone.ts";
import type { SimulatedShard, SimulatedWorker } from "./places.ts";
import { meetMoment } from "./rated-lanes.ts";
import type { Scenario } from "./scenario.ts";
import { answer, askSlots, look } from "./serve.ts";
import {
  AGAIN_SECONDS,
  ANSWER,
  ARRIVE,
  ASK,
  createWorld,
  LOOK,
  LOSE,
  MOMENT,
  RECLAIM,
  RETURN,
  SAMPLE,
  type Sample,
  type World,
} from "./world.ts";

export interface Simulated {
  readonly scenario: Scenario;
  readonly destinations: readonly Destination[];
  readonly samples: readonly Sample[];
  /** Deliveries that entered each shard. */
  readonly entered: readonly number[];
  readonly came: number;
  readonly ended: number;
  /** Of those that came: what waits, is in flight or with a producer at the end. */
  readonly left: number;
  /** Sent a second time, since their worker was lost before it could say that they were sent. */
  readonly repeated: number;
  /** Entered another shard, since the first that was drawn did not answer. */
  readonly rerouted: number;
  /** Waited with their producers for a shard that did not answer. */
  readonly held: number;
  /** Moments that went by since no worker was in time. */
  readonly momentsMissed: number;
  /** Seconds that deliveries of destinations with a rate above what comes waited for their moments. */
  readonly momentWaits: readonly { readonly rate: number; readonly seconds: number }[];
}

const LOST_ZONE = 0;

/** Use of rates is counted in the second half: what overloads a destination waits in every shard then. */
export function simulate(scenario: Scenario): Simulated {
  const world = createWorld(scenario);
  const { events, destinations } = world;
  for (const index of destinations.keys()) events.add(world.gapOf(index), ARRIVE, index);
  for (const worker of world.places.workers) events.add(0, ASK, worker.index);
  for (let at = 1; at <= scenario.seconds; at++) events.add(at, SAMPLE, 0);
  events.add(scenario.lostAt, LOSE, LOST_ZONE);
  const handlers = createHandlers(world);
  for (let event = events.next(); event !== null; event = events.next()) {
    if (event.at > scenario.seconds) break;
    world.now = event.at;
    handlers[event.kind]?.(event.subject, event.object);
  }
  return toSimulated(world);
}

type Handler = (subject: number, object: number) => void;

function createHandlers(world: World): Readonly<Record<number, Handler>> {
  const { places, events, samples, counts } = world;
  const workerAt = (index: number): SimulatedWorker => places.workers[index] as SimulatedWorker;
  return {
    [ARRIVE]: (destination) => arrive(world, destination),
    [LOOK]: (worker) => look(world, workerAt(worker)),
    [ANSWER]: (worker, claim) => answer(world, workerAt(worker), claim),
    [MOMENT]: (shard, destination) => meetMoment(world, shard, destination),
    [ASK]: (worker) => askSlots(world, workerAt(worker)),
    [LOSE]: (zone) => loseZone(world, zone),
    [RETURN]: (shard) => comeBack(world, shard),
    [RECLAIM](shard, destination) {
      const { isUp } = places.shards[shard] as SimulatedShard;
      if (isUp) {
        counts.repeated += 1;
        enter(world, shard, destination);
      } else events.add(world.now + AGAIN_SECONDS, RECLAIM, shard, destination);
    },
    [SAMPLE]() {
      samples.push({ at: world.now, ended: counts.ended - counts.endedBefore, waiting: counts.waiting });
      counts.endedBefore = counts.ended;
    },
  };
}

function toSimulated({ scenario, destinations, samples, places, counts, momentWaits }: World): Simulated {
  const { came, ended, repeated, rerouted, held, momentsMissed } = counts;
  return {
    scenario,
    destinations,
    samples,
    entered: places.shards.map(({ entered }) => entered),
    came,
    ended,
    left: came - ended,
    repeated,
    rerouted,
    held,
    momentsMissed,
    momentWaits,
  };
}
