// What destinations do to us: who fails, who is slow, who limits us, and what is done about it.

import type { Board } from "../dashboard.ts";
import { PLAIN, rising } from "../panels.ts";
import { most, perSecond, quantile, share, total } from "../series.ts";

export const destinations: Board = {
  id: "destinations",
  title: "Destinations",
  description: "Which destination fails, is slow or limits us, and how workers reach them.",
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          title: "Circuits open",
          description:
            "Destinations that are left alone since they fail; their deliveries wait and cost nothing.",
          unit: "short",
          expr: most("circuits", [], 'state="open"'),
          thresholds: rising(1, 10),
        },
        {
          title: "Cooling down",
          description: "Destinations whose refusals asked for a pause (Retry-After).",
          unit: "short",
          expr: most("destinations_cooling_down"),
          thresholds: rising(1, 50),
        },
        {
          title: "Attempts answered 429",
          description:
            "The share of attempts that a destination's own limit refused. Much: configure the limit it grants.",
          unit: "percentunit",
          expr: share(perSecond("attempts_total", [], 'status_class="429"'), perSecond("attempts_total")),
          thresholds: rising(0.05, 0.3),
          noValue: "none sent",
        },
        {
          title: "Attempts unanswered",
          description:
            "The share of attempts that ended in a fault: no name, no connection, no answer in time.",
          unit: "percentunit",
          expr: share(perSecond("attempts_total", [], 'fault!=""'), perSecond("attempts_total")),
          thresholds: rising(0.05, 0.5),
          noValue: "none sent",
        },
        {
          title: "Own lanes of destinations",
          description:
            "Destinations that are limited, paused, failing or crowding, and therefore wait in a lane of their own.",
          unit: "short",
          expr: most("own_lanes", [], 'kind="destination"'),
          thresholds: PLAIN,
        },
        {
          title: "Waiting in them",
          description: "Deliveries in the own lanes of destinations.",
          unit: "short",
          expr: most("lane_waiting", [], 'lane="destination"'),
          thresholds: PLAIN,
        },
      ],
    },
    {
      title: "Answers",
      panels: [
        {
          title: "Attempts by class of status",
          description:
            "Of those that were answered. 4xx: what we send is refused; 5xx: they fail; 429: they limit.",
          unit: "ops",
          queries: { "{{status_class}}": perSecond("attempts_total", ["status_class"], 'status_class!=""') },
          isStacked: true,
        },
        {
          title: "Attempts by fault",
          description:
            "Of those that were not. local, proxy and dns are ours whoever is called; the others are mostly theirs.",
          unit: "ops",
          queries: { "{{fault}}": perSecond("attempts_total", ["fault"], 'fault!=""') },
          isStacked: true,
        },
        {
          title: "Attempt duration",
          description: "From the request to the end of the answer, over all destinations.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "attempt_duration_seconds"),
            p90: quantile(0.9, "attempt_duration_seconds"),
            p99: quantile(0.99, "attempt_duration_seconds"),
          },
        },
      ],
    },
    {
      title: "Which destination?",
      panels: [
        {
          title: "Circuit by destination",
          description:
            "0 closed, 1 half-open, 2 open; of destinations with an own lane, a hundred at most. `postrider destinations show ORIGIN` tells the rest.",
          unit: "short",
          queries: { "{{destination}}": most("destination_circuit", ["destination"]) },
          max: 2,
        },
        {
          title: "Adaptive rate by destination",
          description: "Requests a second that a destination's 429s have taught; it grows again by itself.",
          unit: "ops",
          queries: {
            "{{destination}}": most("destination_adaptive_rate_per_second", ["destination"]),
          },
        },
        {
          title: "Attempts by destination",
          description:
            "The ten busiest of the destinations with a lane of their own; other stands for all that have none.",
          unit: "ops",
          queries: {
            "{{destination}}": `topk(10, ${perSecond("destination_attempts_total", ["destination"])})`,
          },
        },
        {
          title: "Unanswered by destination",
          description: "The ten with the most attempts that ended in a fault.",
          unit: "ops",
          queries: {
            "{{destination}}": `topk(10, ${perSecond("destination_attempts_total", ["destination"], 'fault!=""')})`,
          },
        },
        {
          title: "Refused or failed by destination",
          description: "The ten with the most answers of 4xx, 429 and 5xx.",
          unit: "ops",
          queries: {
            "{{destination}}": `topk(10, ${perSecond("destination_attempts_total", ["destination"], 'status_class=~"4xx|429|5xx"')})`,
          },
        },
        {
          title: "Moved into own lanes",
          description:
            "Deliveries that were claimed from a lane and moved into an own one before they were sent.",
          unit: "ops",
          queries: { "to {{to}}": perSecond("lane_moves_total", ["to"]) },
        },
      ],
    },
    {
      title: "Where the time of an attempt goes",
      panels: [
        {
          title: "Phases, p99",
          description:
            "Names, connecting and TLS are paid for new connections alone; waiting for the answer is the destination's.",
          unit: "s",
          queries: { "{{phase}}": quantile(0.99, "attempt_phase_duration_seconds", ["phase"]) },
        },
        {
          title: "Phases, p50",
          description: "The same for the usual attempt.",
          unit: "s",
          queries: { "{{phase}}": quantile(0.5, "attempt_phase_duration_seconds", ["phase"]) },
        },
        {
          title: "Connections opened",
          description:
            "The share of answered attempts that had to open a connection. Much: destinations close after each answer, or there are too many of them for POSTRIDER_DESTINATIONS_MAX.",
          unit: "percentunit",
          queries: {
            opened: share(
              perSecond("connections_used_total", [], 'connection="opened"'),
              perSecond("connections_used_total"),
            ),
          },
        },
      ],
    },
    {
      title: "Connections and tokens",
      panels: [
        {
          title: "Connections in use",
          description: "Open connections by worker, of the most that its limit on open files allows.",
          unit: "percentunit",
          queries: {
            "{{instance}}": `${total("sockets", ["instance"])} / ${total("sockets_max", ["instance"])}`,
          },
        },
        {
          title: "Connections refused for want of room",
          description: "Requests that found every connection in use and the limit reached. Should stay 0.",
          unit: "ops",
          queries: { "{{instance}}": perSecond("sockets_refused_total", ["instance"]) },
        },
        {
          title: "Access tokens",
          description: "Requests to token endpoints by result; refused: the credentials are wrong.",
          unit: "ops",
          queries: { "{{result}}": perSecond("token_fetches_total", ["result"]) },
        },
      ],
    },
  ],
};
