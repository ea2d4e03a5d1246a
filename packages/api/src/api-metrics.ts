// What an API process counts. Every series exists from the first scrape, so that a rate is never "no data".

import type { TakenIn } from "@postrider/producer/metrics/taken-in";
import { TASK_KINDS, type TaskKind } from "@postrider/producer/tasks/task";
import { type ShowFigures, showInstallation } from "@postrider/shared/installation-metrics";
import {
  createRegistry,
  hasExemplars,
  type SpansDropped,
  type Traced,
  toObserve,
} from "@postrider/shared/process-metrics";
import { createRedisMetrics, type RedisMetrics } from "@postrider/shared/redis-metrics";
import { defineShown } from "@postrider/shared/tally";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type CanaryMetrics, createCanaryMetrics } from "./canary/canary-metrics.ts";

/** `gone`: the client left before its answer was written. */
const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "gone"] as const;
/** Seconds; a single delivery is taken in within milliseconds, a long stream is not what this is for. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 10];

/** What the series know of a route. */
export interface Measured {
  readonly method: string;
  readonly path: string;
}

/** How tasks end. */
const TASK_ENDS = ["done", "stopped", "failed"] as const;
export type TaskEnd = (typeof TASK_ENDS)[number];

export interface ApiMetrics {
  readonly registry: Registry;
  /** How Redis answers. */
  readonly redis: RedisMetrics;
  readonly canary: CanaryMetrics;
  readonly installation: ShowFigures;
  /** @param trace the request's, where that is kept. */
  answered(route: Measured, status: number, ms: number, trace: Traced | null): void;
  inFlight(count: number): void;
  /** Tasks that this process carries out at this moment, by what they do. */
  tasksUnderWay(kind: TaskKind, count: number): void;
  taskEnded(kind: TaskKind, state: TaskEnd): void;
}

const NOTHING_TAKEN_IN: TakenIn = { enqueued: new Map(), duplicates: 0 };

/** @param takenIn asked at each scrape. @param tracing where traces are on. */
export function createApiMetrics(
  routes: readonly Measured[],
  takenIn: () => TakenIn = () => NOTHING_TAKEN_IN,
  tracing: SpansDropped = null,
): ApiMetrics {
  const registry = createRegistry(tracing);
  defineTakenIn(registry, takenIn);
  const installation = showInstallation(registry);
  const registers = [registry];
  const requests = new Counter({
    name: "postrider_api_requests_total",
    help: "Requests answered, by route and class of status.",
    labelNames: ["method", "route", "status_class"],
    registers,
  });
  const duration = new Histogram({
    name: "postrider_api_request_duration_seconds",
    help: "From a request's head to the end of its answer.",
    labelNames: ["method", "route"],
    buckets: BUCKETS,
    registers,
    enableExemplars: hasExemplars(registry),
  });
  const inFlight = new Gauge({
    name: "postrider_api_in_flight",
    help: "Requests being worked on; at most POSTRIDER_API_IN_FLIGHT_MAX.",
    registers,
  });
  const tasks = new Counter({
    name: "postrider_tasks_total",
    help: "Tasks that ended, by what they do and how they ended; each in the process that had it.",
    labelNames: ["do", "state"],
    registers,
  });
  const tasksUnderWay = new Gauge({
    name: "postrider_tasks_running",
    help: "Tasks that this process carries out, by what they do.",
    labelNames: ["do"],
    registers,
  });
  for (const kind of TASK_KINDS) {
    tasksUnderWay.set({ do: kind }, 0);
    for (const state of TASK_ENDS) tasks.inc({ do: kind, state }, 0);
  }
  for (const { method, path } of routes) {
    for (const status_class of STATUS_CLASSES) requests.inc({ method, route: path, status_class }, 0);
    duration.zero({ method, route: path });
  }
  const observe = toObserve(duration, hasExemplars(registry));
  return {
    registry,
    redis: createRedisMetrics(registry),
    canary: createCanaryMetrics(registry),
    installation,
    answered({ method, path }, status, ms, trace) {
      requests.inc({ method, route: path, status_class: toClass(status) });
      observe(ms / 1_000, trace, { method, route: path });
    },
    inFlight: (count) => inFlight.set(count),
    tasksUnderWay: (kind, count) => tasksUnderWay.set({ do: kind }, count),
    taskEnded: (kind, state) => tasks.inc({ do: kind, state }),
  };
}

function defineTakenIn(registry: Registry, takenIn: () => TakenIn): void {
  const enqueued = "Deliveries taken in by this process, by the lane that they have entered.";
  defineShown("counter", { registry, name: "enqueued_total", help: enqueued, labelNames: ["lane"] }, () =>
    [...takenIn().enqueued].map(([lane, value]) => ({ labels: { lane }, value })),
  );
  const duplicates =
    "Deliveries that this process was given again, known by run and customer or by key; each was taken in once.";
  defineShown("counter", { registry, name: "duplicates_total", help: duplicates }, () => [
    { labels: {}, value: takenIn().duplicates },
  ]);
}

/** nginx's number for a client that closed the request. */
export const GONE = 499;

function toClass(status: number): (typeof STATUS_CLASSES)[number] {
  if (status === GONE) return "gone";
  return `${Math.floor(status / 100)}xx` as (typeof STATUS_CLASSES)[number];
}
