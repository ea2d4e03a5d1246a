// What every process tells alike of the whole installation: one of them reads it from Redis for all, and the
// others show what that one has left there. So whoever asks a single process knows, and of several the
// highest counts.

import type { Registry } from "prom-client";
import { OWN_LANE_KINDS, type OwnLaneKind } from "./lanes.ts";
import { defineShown, type Sample } from "./tally.ts";

export const RUN_STATES_SHOWN = ["running", "paused", "held", "cancelled"] as const;
export const SUBSCRIPTION_STATES = ["ok", "hindered"] as const;

export interface LaneFigures {
  readonly waiting: number;
  readonly delayed: number;
  readonly deadLetters: number;
  readonly oldestAgeMs: number;
}

/** The figures of one moment. */
export interface Figures {
  /** Unix ms by Redis' clock. */
  readonly at: number;
  /** Ever, by the ledger. */
  readonly enqueued: number;
  readonly ended: number;
  /** Of each shared lane; those beyond the most that are told apart together, as `other`. */
  readonly lanes: Readonly<Record<string, LaneFigures>>;
  readonly kinds: Readonly<Record<OwnLaneKind, Pick<LaneFigures, "waiting" | "delayed">>>;
  readonly workers: number;
  readonly runs: Readonly<Record<(typeof RUN_STATES_SHOWN)[number], number>>;
  readonly subscriptions: Readonly<Record<(typeof SUBSCRIPTION_STATES)[number], number>>;
  /** Of the subscription that is furthest behind. */
  readonly subscriptionLag: number;
  /** How many its workers keep; null: none has said so yet. */
  readonly outcomesKept: number | null;
  readonly eventsKept: number | null;
  /** Entries that each group has not read; the groups beyond the most that are told apart as `other`. */
  readonly outcomeReaders: Readonly<Record<string, number>>;
  readonly eventReaders: Readonly<Record<string, number>>;
  readonly redis: RedisFigures;
}

export interface RedisFigures {
  readonly usedBytes: number;
  /** 0: there is no limit. */
  readonly maxBytes: number;
  readonly mayEvict: boolean;
  /** Null: this Redis does not say. */
  readonly isPersistent: boolean | null;
  readonly listpackValueBytes: number | null;
}

const SAME = "The same from every process: take the max.";

type Read = (figures: Figures) => readonly Sample[];

/** The figures as of now; null: none are known, and none are shown, since an old one is worse than none. */
export type ShowFigures = (figures: Figures | null) => void;

/** Defines the series of the figures. @returns what is told the figures that they show. */
export function showInstallation(registry: Registry): ShowFigures {
  let figures: Figures | null = null;
  const define: Define = (name, help, labelNames, read, type = "gauge") =>
    defineShown(type, { registry, name, help: `${help} ${SAME}`, labelNames, together: "max" }, () =>
      figures === null ? [] : read(figures),
    );
  const alone: Alone = (name, help, read, type) => {
    const toSample = (value: number | null) => (value === null ? [] : [{ labels: {}, value }]);
    define(name, help, [], (figures) => toSample(read(figures)), type);
  };
  defineLanes(define);
  defineWhole(define, alone);
  defineReaders(define, alone);
  defineRedis(alone);
  return (latest) => {
    figures = latest;
  };
}

type Alone = (
  name: string,
  help: string,
  read: (figures: Figures) => number | null,
  type?: "counter",
) => void;

function defineWhole(define: Define, alone: Alone): void {
  const enqueued = "Deliveries ever accepted, by whatever process, as the ledger has counted them.";
  alone("ledger_enqueued_total", enqueued, (figures) => figures.enqueued, "counter");
  const ended = "Deliveries ever ended, as the ledger has counted them.";
  alone("ledger_ended_total", ended, (figures) => figures.ended, "counter");
  const workers = "Worker processes that showed a sign of life within the last ten seconds.";
  alone("workers", workers, (figures) => figures.workers);
  const runs = "Runs that are not over, by state, of the 200 newest.";
  define("runs", runs, ["state"], (figures) => toSamples("state", figures.runs));
}

function defineReaders(define: Define, alone: Alone): void {
  const subscriptions =
    "Subscriptions, by whether something stands in the way of what they deliver (hindered).";
  define("subscriptions", subscriptions, ["state"], (figures) => toSamples("state", figures.subscriptions));
  const lag = "Events and outcomes that the subscription furthest behind has not looked at.";
  alone("subscription_lag", lag, ({ subscriptionLag }) => subscriptionLag);
  const kept = "that are kept for readers, as the workers are set; absent until one has said so.";
  alone("outcomes_kept", `Outcomes ${kept}`, ({ outcomesKept }) => outcomesKept);
  alone("events_kept", `Events ${kept}`, ({ eventsKept }) => eventsKept);
  const groups =
    "told and not yet read by each group of readers; of more than 50 groups those furthest behind, and the most of any other as `other`.";
  define("outcome_reader_lag", `Outcomes ${groups}`, ["group"], ({ outcomeReaders }) =>
    toSamples("group", outcomeReaders),
  );
  define("event_reader_lag", `Events ${groups}`, ["group"], ({ eventReaders }) =>
    toSamples("group", eventReaders),
  );
}

function defineRedis(alone: Alone): void {
  const used = "Memory that Redis uses.";
  alone("redis_memory_used_bytes", used, ({ redis }) => redis.usedBytes);
  const max = "Memory that Redis may use (maxmemory); 0: as much as there is.";
  alone("redis_memory_max_bytes", max, ({ redis }) => redis.maxBytes);
  const evicts = "1 where Redis may evict keys (maxmemory-policy), and so lose deliveries. Should stay 0.";
  alone("redis_may_evict", evicts, ({ redis }) => Number(redis.mayEvict));
  const persistent =
    "1 where Redis writes to disk what it has accepted (appendonly), 0 where it does not; absent where it does not say.";
  alone("redis_persistent", persistent, ({ redis: { isPersistent } }) =>
    isPersistent === null ? null : Number(isPersistent),
  );
  const packed =
    "The longest value with which Redis keeps a hash packed (hash-max-listpack-value); deliveries with longer ones take some 250 bytes more each. Absent where it does not say.";
  alone("redis_listpack_value_bytes", packed, ({ redis }) => redis.listpackValueBytes);
}

type Define = (
  name: string,
  help: string,
  labelNames: readonly string[],
  read: Read,
  type?: "gauge" | "counter",
) => void;

function defineLanes(define: Define): void {
  const due =
    (part: "waiting" | "delayed"): Read =>
    ({ lanes, kinds }) => [
      ...Object.entries(lanes).map(([lane, figures]) => ({ labels: { lane }, value: figures[part] })),
      ...OWN_LANE_KINDS.map((lane) => ({ labels: { lane }, value: kinds[lane]?.[part] ?? 0 })),
    ];
  define(
    "lane_waiting",
    "Deliveries that are due and not claimed, of a shared lane or of all own lanes of a kind.",
    ["lane"],
    due("waiting"),
  );
  define(
    "lane_delayed",
    "Deliveries that are due later, of a shared lane or of all own lanes of a kind.",
    ["lane"],
    due("delayed"),
  );
  // Dead letters lie in shared lanes only, and the oldest of thousands of own lanes is not looked for.
  const ofShared =
    (read: (figures: LaneFigures) => number): Read =>
    ({ lanes }) =>
      Object.entries(lanes).map(([lane, figures]) => ({ labels: { lane }, value: read(figures) }));
  define(
    "lane_dead_letters",
    "Dead letters kept in a shared lane.",
    ["lane"],
    ofShared(({ deadLetters }) => deadLetters),
  );
  define(
    "lane_oldest_age_seconds",
    "For how long the delivery of a shared lane that waits the longest has been due.",
    ["lane"],
    ofShared(({ oldestAgeMs }) => oldestAgeMs / 1_000),
  );
}

function toSamples(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
