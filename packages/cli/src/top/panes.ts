// The tables of `postrider top`: which columns each has, and what stands in them. Pure.

import type { Overview } from "@postrider/producer/overview/overview";
import type { TroubledDestination } from "@postrider/producer/overview/troubled-destinations";
import { describeDuration, describeTime } from "../readable.ts";
import { endedOf, type Sight } from "./sight.ts";
import { toCell } from "./width.ts";

export const PANES = ["lanes", "destinations", "runs", "workers"] as const;
export type Pane = (typeof PANES)[number];

export type Tone = "bad" | "dim" | "plain";

export interface Row {
  /** The lane, origin, run or worker, as Redis has it. */
  readonly id: string;
  readonly cells: readonly string[];
  readonly tone: Tone;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  /** So many of the columns are words, which stand to the left; the first one is a name. */
  readonly words: number;
  readonly rows: readonly Row[];
  /** What stands there instead of rows. */
  readonly none: string;
}

export function toTable(pane: Pane, sight: Sight): Table {
  return TABLES[pane](sight);
}

const TABLES: Readonly<Record<Pane, (sight: Sight) => Table>> = { lanes, destinations, runs, workers };

function lanes({ overview, growth }: Sight): Table {
  const { lanes: shared, ownLanes } = overview;
  const { total, counted, waiting, delayed, inFlight } = ownLanes;
  const of = counted < total ? ` (of ${counted} of them)` : "";
  return {
    title: `LANES   ${total} own lanes: ${waiting} waiting, ${delayed} delayed, ${inFlight} in flight${of}`,
    head: ["LANE", "SERVED", "WAITING", "DELAYED", "IN FLIGHT", "DEAD LETTERS", "GROWS/S", "OLDEST"],
    words: 2,
    rows: shared.map((lane) => ({
      id: lane.lane,
      cells: [
        toCell(lane.lane),
        lane.isServed ? "yes" : "no",
        ...[lane.waiting, lane.delayed, lane.inFlight, lane.deadLetters].map(String),
        orDash(growth.get(lane.lane) ?? null, String),
        lane.waiting === 0 ? "–" : describeDuration(lane.oldestAgeMs),
      ],
      tone: toneOf(lane),
    })),
    none: "no lane is known yet",
  };
}

/** What waits where nobody serves it waits for ever. */
function toneOf({ isServed, waiting }: Overview["lanes"][number]): Tone {
  if (isServed) return "plain";
  return waiting > 0 ? "bad" : "dim";
}

function destinations({ overview }: Sight): Table {
  const { destinations: shown, destinationsTotal, at } = overview;
  const of = destinationsTotal > shown.length ? `, ${shown.length} of ${destinationsTotal}` : "";
  return {
    title: `DESTINATIONS   in trouble, or limited by somebody${of}`,
    head: [
      "DESTINATION",
      "STATE",
      "SINCE",
      "UNTIL",
      "PER SECOND",
      "AT ONCE",
      "WAITING",
      "DELAYED",
      "IN FLIGHT",
    ],
    words: 2,
    rows: shown.map((one) => toDestinationRow(one, at)),
    none: "every destination flows freely",
  };
}

function toDestinationRow(one: TroubledDestination, at: number): Row {
  const { origin, state, since, until, ratePerSecond, concurrency, waiting, delayed, inFlight } = one;
  return {
    id: origin,
    cells: [
      toCell(origin),
      state,
      orDash(since, (from) => describeDuration(Math.max(0, at - from))),
      orDash(until, (then) => describeTime(then).slice("2026-12-01T".length)),
      orDash(ratePerSecond, (rate) => String(Math.round(rate * 100) / 100)),
      orDash(concurrency, String),
      ...[waiting, delayed, inFlight].map(String),
    ],
    tone: DESTINATION_TONES[state] ?? "plain",
  };
}

const DESTINATION_TONES: Readonly<Partial<Record<TroubledDestination["state"], Tone>>> = {
  "circuit-open": "bad",
  limited: "dim",
};

function runs({ overview, runs: paces }: Sight): Table {
  return {
    title: "RUNS   under way",
    head: ["RUN", "STATE", "ACTION", "PROGRESS", "ENQUEUED", "DELIVERED", "NOT", "LEFT", "ENDS/S", "DONE IN"],
    words: 4,
    rows: overview.runs.map((run) => {
      const { endedPerSecond = null, leftMs = null } = paces.get(run.run) ?? {};
      const others = run.failed + run.expired + run.cancelled;
      return {
        id: run.run,
        cells: [
          toCell(run.run),
          run.isOpen ? `${run.state}, open` : run.state,
          toCell(run.action),
          toBar(endedOf(run), run.enqueued),
          ...[run.enqueued, run.delivered, others, run.left].map(String),
          orDash(endedPerSecond, String),
          orDash(leftMs, describeDuration),
        ],
        tone: run.state === "running" ? "plain" : "dim",
      };
    }),
    none: "no run is under way",
  };
}

function workers({ overview }: Sight): Table {
  const { workers: alive, inFlight } = overview;
  return {
    title: `WORKERS   ${alive.length} alive, ${inFlight} in flight together`,
    head: ["WORKER", "LAST SIGN OF LIFE"],
    words: 1,
    rows: alive.map(({ id, silentMs }) => ({
      id,
      cells: [toCell(id), `${describeDuration(silentMs)} ago`],
      tone: "plain",
    })),
    none: "no worker is alive: nothing is sent until one starts (postrider worker)",
  };
}

function orDash(value: number | null, describe: (value: number) => string): string {
  return value === null ? "–" : describe(value);
}

const BAR_COLUMNS = 12;

function toBar(done: number, of: number): string {
  const share = of === 0 ? 0 : done / of;
  const full = Math.floor(share * BAR_COLUMNS);
  return `${"█".repeat(full)}${"░".repeat(BAR_COLUMNS - full)} ${String(Math.floor(share * 100)).padStart(3)}%`;
}
