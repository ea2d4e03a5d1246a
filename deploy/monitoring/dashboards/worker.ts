// Inside the workers: how busy each one is, and with what.

import type { Board } from "../dashboard.ts";
import { falling, PLAIN, rising } from "../panels.ts";
import { most, perSecond, quantile, series, total } from "../series.ts";

export const worker: Board = {
  id: "worker",
  title: "Worker internals",
  description:
    "How busy each worker is and with what: for sizing, and for one worker that is worse than the others.",
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          title: "Workers",
          description: "Workers that are alive, as Redis knows.",
          unit: "short",
          expr: most("workers"),
          thresholds: falling(null, 1),
          noValue: "unknown",
        },
        {
          title: "In flight",
          description: "Deliveries that all workers together have claimed and not settled.",
          unit: "short",
          expr: total("in_flight"),
          thresholds: PLAIN,
        },
        {
          title: "Slots used",
          description:
            "In flight by what may be: at 100 % more workers, or a higher POSTRIDER_CONCURRENCY, send more.",
          unit: "percentunit",
          expr: `${total("in_flight")} / (${total("in_flight_limit")} > 0)`,
          thresholds: rising(0.8, 0.95),
        },
        {
          title: "Slowest event loop",
          description: "The worst process's p99. From some 0.1 s on claims and timeouts suffer.",
          unit: "s",
          expr: most("nodejs_eventloop_lag_p99_seconds"),
          thresholds: rising(0.1, 0.5),
        },
        {
          title: "Shared lanes unserved",
          description:
            "Shared lanes with deliveries that no worker serves. Not 0: nobody sends what lies there.",
          unit: "short",
          expr: most("shared_lanes_unserved"),
          thresholds: rising(null, 1),
        },
        {
          title: "Releases",
          description: "Versions that run side by side; more than one during a roll-out.",
          unit: "short",
          expr: `count(count by (version) (${series("build_info")}))`,
          thresholds: rising(2, 3),
        },
      ],
    },
    {
      title: "Slots",
      panels: [
        {
          title: "In flight by worker",
          description: "A worker that has much less than the others serves fewer lanes, or is stuck.",
          unit: "short",
          queries: { "{{instance}}": total("in_flight", ["instance"]) },
        },
        {
          title: "In flight by lane",
          description: "And how many may be; at its limit a lane waits for answers.",
          unit: "short",
          queries: {
            "{{lane}}": total("in_flight", ["lane"]),
            "{{lane}}, at most": total("in_flight_limit", ["lane"]),
          },
        },
        {
          title: "Attempts by worker",
          description: "How the work is spread.",
          unit: "ops",
          queries: { "{{instance}}": perSecond("attempts_total", ["instance"]) },
        },
      ],
    },
    {
      title: "Process",
      panels: [
        {
          title: "CPU",
          description: "Cores by process. One event loop uses little more than one: at it, add processes.",
          unit: "cores",
          queries: { "{{instance}}": perSecond("process_cpu_seconds_total", ["instance"]) },
        },
        {
          title: "Memory",
          description: "Resident bytes by process.",
          unit: "bytes",
          queries: { "{{instance}}": total("process_resident_memory_bytes", ["instance"]) },
        },
        {
          title: "Heap in use",
          description: "Bytes by process; one that only grows is a leak.",
          unit: "bytes",
          queries: { "{{instance}}": total("nodejs_heap_size_used_bytes", ["instance"]) },
        },
        {
          title: "Event loop lag, p99",
          description: "How late the process takes its turns.",
          unit: "s",
          queries: { "{{instance}}": most("nodejs_eventloop_lag_p99_seconds", ["instance"]) },
        },
        {
          title: "Garbage collection",
          description: "Share of time by kind, over all processes.",
          unit: "percentunit",
          queries: { "{{kind}}": perSecond("nodejs_gc_duration_seconds_sum", ["kind"]) },
        },
        {
          title: "Open files",
          description: "Descriptors by process; the limit bounds its connections.",
          unit: "short",
          queries: { "{{instance}}": total("process_open_fds", ["instance"]) },
        },
      ],
    },
    {
      title: "Work",
      panels: [
        {
          title: "Composing takes",
          description:
            "By quantile. Costly templates are composed in a thread apart and hold nobody else up.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "compose_duration_seconds"),
            p99: quantile(0.99, "compose_duration_seconds"),
          },
        },
        {
          title: "Claims that were not the only one",
          description:
            "ended: nothing was sent; reclaimed: an earlier claim may have sent it; lost: another worker took over; unrecorded: Redis did not take the outcome.",
          unit: "ops",
          queries: { "{{kind}}": perSecond("repeated_claims_total", ["kind"]) },
        },
        {
          title: "Handed back",
          description:
            "Deliveries given back unsent, because the worker stops or was cut short. None in quiet times.",
          unit: "ops",
          queries: { "{{lane}}": perSecond("handed_back_total", ["lane"]) },
        },
        {
          title: "Own lanes by worker",
          description: "Own lanes that each worker serves, and how many it may (POSTRIDER_OWN_LANES_MAX).",
          unit: "short",
          queries: {
            "{{instance}}": total("own_lanes_served", ["instance"]),
            "at most, {{instance}}": total("own_lanes_served_limit", ["instance"]),
          },
        },
        {
          title: "Destinations by worker",
          description: "Destinations that each worker holds connections or TLS sessions to.",
          unit: "short",
          queries: { "{{instance}}": total("destinations_held", ["instance"]) },
        },
        {
          title: "Connections by worker",
          description: "Open connections to destinations.",
          unit: "short",
          queries: { "{{instance}}": total("sockets", ["instance"]) },
        },
      ],
    },
  ],
};
