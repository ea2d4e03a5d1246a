// Everything that there is in a simulation at a moment.

import { createDestinations, type Destination } from "./destinations.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import { createPlaces, type Places } from "./places.ts";
import type { Scenario } from "./scenario.ts";
import { createSeeded, type Seeded } from "./seeded.ts";

/** What happens; each has a handler in simulate.ts. */
export const ARRIVE = 0;
export const LOOK = 1;
export const ANSWER = 2;
export const MOMENT = 3;
export const ASK = 4;
export const LOSE = 5;
export const RETURN = 6;
export const RECLAIM = 7;
export const SAMPLE = 8;

/** What cannot be done while a shard is away is tried again so soon. */
export const AGAIN_SECONDS = 0.5;

/** One second. */
export interface Sample {
  readonly at: number;
  /** Deliveries that ended within it. */
  readonly ended: number;
  /** That wait for workers alone, their destination having no rate. */
  readonly waiting: number;
}

export interface World {
  readonly scenario: Scenario;
  readonly seeded: Seeded;
  readonly events: EventQueue;
  readonly places: Places;
  readonly destinations: readonly Destination[];
  readonly gapOf: (destination: number) => number;
  /** By shard and destination, where it has a rate: what waits since when, the next free moment (µs). */
  readonly lanes: Map<number, RatedLane>;
  /** How far each shard's clock is ahead, in µs. */
  readonly clocks: readonly number[];
  readonly samples: Sample[];
  readonly momentWaits: { rate: number; seconds: number }[];
  /** Seconds that a worker's thread is busy with a delivery. */
  readonly serviceSeconds: number;
  readonly concurrency: number;
  now: number;
  counts: Counts;
}

export interface RatedLane {
  readonly since: number[];
  from: number;
  free: number;
  isPlanned: boolean;
}

export interface Counts {
  came: number;
  ended: number;
  endedBefore: number;
  waiting: number;
  repeated: number;
  rerouted: number;
  held: number;
  momentsMissed: number;
}

export function createWorld(scenario: Scenario): World {
  const seeded = createSeeded(scenario.seed);
  const places = createPlaces(scenario);
  const destinations = createDestinations(scenario, seeded, scenario.seconds / 2);
  const capacity = scenario.ratePerSecond / scenario.workers / scenario.use;
  return {
    scenario,
    seeded,
    events: createEventQueue(),
    places,
    destinations,
    gapOf: (destination) => seeded.gap(destinations[destination]?.offered ?? 1),
    lanes: new Map(),
    clocks: places.shards.map(() => (seeded.next() - 0.5) * scenario.clockSeconds * 1e6),
    samples: [],
    momentWaits: [],
    serviceSeconds: 1 / capacity,
    // Twice what is in flight when all are busy.
    concurrency: Math.ceil(2 * capacity * scenario.latencySeconds) + 2,
    now: 0,
    counts: {
      came: 0,
      ended: 0,
      endedBefore: 0,
      waiting: 0,
      repeated: 0,
      rerouted: 0,
      held: 0,
      momentsMissed: 0,
    },
  };
}

/** Whether its deliveries wait for workers alone. */
export function hasNoRate({ destinations }: World, destination: number): boolean {
  return destinations[destination]?.rate === null;
}
