// The series that a worker exposes: the one table of names, helps and labels. Labels are bounded.
// docs/metrics.md is generated from here.

import { hasExemplars } from "@postrider/shared/process-metrics";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** From a fast API to the longest deadline (90 s). */
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 16, 30, 60, 90];
/** From at once to the end of the longest preset. */
const LATENCY_SECONDS = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200, 43_200, 172_800,
];

/** Destinations with series of their own: enough for a page, few enough for Prometheus. */
export const DESTINATIONS_SHOWN_MAX = 100;

const SAME = "The same from every worker: take the max.";

export type Series = ReturnType<typeof defineSeries>;

/** The series as prom-client knows them: the one table of names, helps and labels. */
export function defineSeries(
  registry: Registry,
  inFlight: ReadonlyMap<string, number>,
  egress: () => PoolStats,
) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `postrider_${name}`, help, labelNames: [...labelNames], registers });
  /** Of those that tell how long deliveries take: a slow one names its trace. */
  const timed = (name: string, help: string, buckets: number[]) =>
    new Histogram({
      ...{ name: `postrider_${name}`, help, buckets, registers },
      enableExemplars: hasExemplars(registry),
    });
  return {
    deliveries: counter("deliveries_total", "Deliveries that ended, by outcome and reason.", [
      "lane",
      "outcome",
      "reason",
    ]),
    attempts: counter(
      "attempts_total",
      "Attempts by the reply's status class, or by fault; the other label is empty.",
      ["status_class", "fault"],
    ),
    retries: counter("retries_total", "Attempts after which the delivery waits for another one.", [
      "lane",
      "reason",
    ]),
    repeats: counter(
      "repeated_claims_total",
      "Claims of deliveries that had ended (ended: sent nothing), that an earlier claim may have sent (reclaimed), that another worker took over (lost), or whose outcome Redis did not take, so that they are sent again (unrecorded).",
      ["lane", "kind"],
    ),
    moves: counter("lane_moves_total", "Deliveries moved into an own lane of a kind before they were sent.", [
      "lane",
      "to",
    ]),
    handedBack: counter(
      "handed_back_total",
      "Deliveries that were claimed and given back to their lane, without an attempt spent, because the worker was told to stop or cut their composing short.",
      ["lane"],
    ),
    ...defineLaneSeries(registry),
    ...defineEgressSeries(registry, egress),
    dropped: counter(
      "dead_letters_dropped_total",
      "Dead letters that made room for newer ones or grew too old; their outcomes were recorded long before.",
      ["lane"],
    ),
    duration: timed("attempt_duration_seconds", "Time of one HTTP exchange.", ATTEMPT_SECONDS),
    latency: timed(
      "delivery_latency_seconds",
      "Time from enqueue, or from the due time, to a delivered outcome.",
      LATENCY_SECONDS,
    ),
    ...defineInFlight(registry, inFlight),
  };
}

function defineInFlight(registry: Registry, inFlight: ReadonlyMap<string, number>) {
  const registers = [registry];
  return {
    inFlight: new Gauge({
      name: "postrider_in_flight",
      help: "Deliveries that this worker has claimed and not settled.",
      labelNames: ["lane"],
      registers,
      // Changes twice a delivery and is looked at every few seconds, so it is a plain number in between.
      collect() {
        for (const [lane, count] of inFlight) this.set({ lane }, count);
      },
    }),
    inFlightLimit: new Gauge({
      name: "postrider_in_flight_limit",
      help: "How many deliveries this worker may have in flight now: of a shared lane, or of all own lanes of a kind that it serves. At the limit claims wait.",
      labelNames: ["lane"],
      registers,
    }),
  };
}

/** What a process holds of connections at the moment. */
export interface PoolStats {
  readonly destinations: number;
  readonly sockets: { readonly open: number; readonly max: number; readonly refused: number };
}

/** The series of connections and tokens. */
function defineEgressSeries(registry: Registry, stats: () => PoolStats) {
  const registers = [registry];
  // Looked at when they are asked for: they change with every connection.
  const shown = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `postrider_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  return {
    tokenFetches: new Counter({
      name: "postrider_token_fetches_total",
      help: "Requests to token endpoints: a token was issued, there was none to be had (unavailable, tried again), or the client was refused.",
      labelNames: ["result"],
      registers,
    }),
    sockets: shown(
      "sockets",
      "Connections to destinations that this worker has open.",
      () => stats().sockets.open,
    ),
    socketsMax: shown(
      "sockets_max",
      "The most that its limit on open files allows.",
      () => stats().sockets.max,
    ),
    destinations: shown(
      "destinations_held",
      "Destinations that this worker holds connections or their sessions to.",
      () => stats().destinations,
    ),
    socketsRefused: new Counter({
      name: "postrider_sockets_refused_total",
      help: "Requests for which no connection could be opened since the most were in use; they are tried again (`local`). Should stay 0.",
      registers,
      collect() {
        this.reset();
        this.inc(stats().sockets.refused);
      },
    }),
  };
}

/** The series of own lanes and their destinations, and of the audit. */
function defineLaneSeries(registry: Registry) {
  const registers = [registry];
  return {
    ownLanes: new Gauge({
      name: "postrider_own_lanes",
      help: `Own lanes by kind. ${SAME}`,
      labelNames: ["kind"],
      aggregator: "max",
      registers,
    }),
    ownLanesServed: new Gauge({
      name: "postrider_own_lanes_served",
      help: "Own lanes that this worker serves.",
      registers,
    }),
    ownLanesServedLimit: new Gauge({
      name: "postrider_own_lanes_served_limit",
      help: "Own lanes that this worker may serve at once (`POSTRIDER_OWN_LANES_MAX`).",
      registers,
    }),
    ownLanesHeldUp: new Gauge({
      name: "postrider_own_lanes_held_up",
      help: `Runs' lanes that stand still because the destination that they feed has enough waiting, or is stopped. ${SAME}`,
      aggregator: "max",
      registers,
    }),
    sharedLanesUnserved: new Gauge({
      name: "postrider_shared_lanes_unserved",
      help: "Shared lanes with deliveries that no worker serves, as the latest audit by this worker found; its log names them. Take the max.",
      aggregator: "max",
      registers,
    }),
    ownLanesUnserved: new Gauge({
      name: "postrider_own_lanes_unserved",
      help: `Own lanes that no worker has room for at this moment; they take turns. ${SAME}`,
      aggregator: "max",
      registers,
    }),
    circuits: new Gauge({
      name: "postrider_circuits",
      help: `Destinations by the state of their circuit. ${SAME}`,
      labelNames: ["state"],
      aggregator: "max",
      registers,
    }),
    circuit: new Gauge({
      name: "postrider_destination_circuit",
      help: `0 closed, 1 half-open, 2 open; of destinations with an own lane, at most ${DESTINATIONS_SHOWN_MAX}. ${SAME}`,
      labelNames: ["destination"],
      aggregator: "max",
      registers,
    }),
    coolingDown: new Gauge({
      name: "postrider_destinations_cooling_down",
      help: `Destinations whose own refusals ask to be left alone for a while (Retry-After). ${SAME}`,
      aggregator: "max",
      registers,
    }),
    adaptiveRate: new Gauge({
      name: "postrider_destination_adaptive_rate_per_second",
      help: `The rate that a destination's 429s have taught; at most ${DESTINATIONS_SHOWN_MAX} destinations. ${SAME}`,
      labelNames: ["destination"],
      aggregator: "max",
      registers,
    }),
    healed: new Counter({
      name: "postrider_lanes_healed_total",
      help: "Own lanes with deliveries that were in no registry, and are served again. Should stay 0.",
      registers,
    }),
    imbalance: new Gauge({
      name: "postrider_deliveries_imbalance",
      help: "Deliveries out of balance, as the latest audit by this worker found: accepted, not ended and in no lane (lost), or in a lane although the ledger knows of nothing left there (surplus). Should stay 0. Take the max.",
      labelNames: ["kind"],
      aggregator: "max",
      registers,
    }),
  };
}
