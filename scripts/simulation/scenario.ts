// How large the simulated installation is, what comes, and what befalls it.

export interface Scenario {
  readonly seed: number;
  readonly shards: number;
  readonly workers: number;
  /** Shards and workers are spread over them evenly. */
  readonly zones: number;
  /** How many each worker serves. */
  readonly shardsPerWorker: number;
  readonly destinations: number;
  /** Deliveries a second of all destinations. */
  readonly ratePerSecond: number;
  /** Part of what workers could send at most. */
  readonly use: number;
  /** One simulated delivery stands for so many: rates of workers and of the load are that much smaller. */
  readonly scale: number;
  /** How long destinations take to answer. */
  readonly latencySeconds: number;
  /** Destinations with a rate, and of these with one that is below what comes. */
  readonly ratedShare: number;
  readonly overloadedShare: number;
  /** Deliveries that nobody can hand in again, and which may enter any shard that answers. */
  readonly freshShare: number;
  /** How long it lasts, when a zone is lost, and how long the shards of it take to fail over. */
  readonly seconds: number;
  readonly lostAt: number;
  readonly failoverSeconds: number;
  /** After which what a lost worker had in flight is sent again by another. */
  readonly lockSeconds: number;
  /** By how much the clocks of two Redis servers differ at most. */
  readonly clockSeconds: number;
}

/** As planned for 1,000,000 deliveries a second. */
export const WHOLE: Scenario = {
  seed: 7,
  shards: 100,
  workers: 300,
  zones: 3,
  shardsPerWorker: 2,
  destinations: 10_000,
  ratePerSecond: 20_000,
  use: 0.6,
  scale: 50,
  latencySeconds: 0.1,
  ratedShare: 0.5,
  overloadedShare: 0.2,
  freshShare: 0.5,
  seconds: 300,
  lostAt: 120,
  failoverSeconds: 15,
  lockSeconds: 30,
  clockSeconds: 0.002,
};

/** The same in small, for a test. */
export const SMALL: Scenario = {
  ...WHOLE,
  shards: 6,
  workers: 18,
  destinations: 150,
  ratePerSecond: 1_200,
  seconds: 80,
  lostAt: 20,
  failoverSeconds: 5,
  lockSeconds: 10,
};
