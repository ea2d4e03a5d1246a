// The load that a plan is made for, and the settings that it depends on.

export interface PlannedLoad {
  readonly ratePerSecond: number;
  /** How long destinations take to answer, on average. */
  readonly latencyMs: number;
  /** The most deliveries that wait at once. */
  readonly backlog: number;
  /** JSON of a customer and its event. */
  readonly payloadBytes: number;
  /** Share of attempts that fail and are tried again. */
  readonly failures: number;
  /** Deliveries in a day; the rate all day long unless it is less. */
  readonly perDay: number;
  /** Own lanes that have work at once: destinations with limits or trouble, and large runs. */
  readonly ownLanes: number;
}

/** The settings that a plan depends on. */
export interface PlannedSettings {
  readonly lanes: readonly string[];
  /** The least that there are. */
  readonly shards: number;
  readonly ownLanesMax: number;
  readonly idempotencyWindowMs: number;
  readonly outcomesKept: number;
}
