// The dashboard for three in the morning: the first row says whether it is us, Redis, or somebody's API.

import type { Board } from "../dashboard.ts";
import { falling, rising } from "../panels.ts";
import { most, perSecond, quantile, rateOfMost, series, share, total } from "../series.ts";

const TRANSACTIONAL = 'lane="transactional"';
/** Faults that are ours, whoever is called. */
const OURS = 'fault=~"local|proxy|dns"';
const SHARED = 'lane!~"destination|run|retries"';

export const overview: Board = {
  id: "overview",
  title: "Overview",
  description: "Are deliveries flowing, how late are they, and is it us, Redis, or a destination?",
  rows: [
    {
      title: "Is it us?",
      panels: [
        {
          title: "Alerts firing",
          description:
            "Alerts of Postrider that fire now; the runbook has an entry for each. 0: nothing is known to be wrong.",
          unit: "short",
          expr: 'count(ALERTS{namespace=~"$namespace|", alertname=~"Postrider.*", alertstate="firing", severity!="info"}) or vector(0)',
          thresholds: rising(null, 1),
        },
        {
          title: "Started within 5 s",
          description:
            "Transactional deliveries whose first attempt came within 5 s, of those of the last hour; 99.9 % are promised. Empty where there were none.",
          unit: "percentunit",
          expr: `sum(increase(${series("first_attempt_delay_seconds_bucket", `${TRANSACTIONAL}, le=~"5|5.0"`)}[1h])) / (sum(increase(${series("first_attempt_delay_seconds_count", TRANSACTIONAL)}[1h])) > 0)`,
          thresholds: falling(0.99, 0.999),
          noValue: "none sent",
        },
        {
          title: "Oldest transactional",
          description:
            "How long the oldest transactional delivery has been due. More than seconds: us, since a failing destination's deliveries do not wait here.",
          unit: "s",
          expr: most("lane_oldest_age_seconds", [], TRANSACTIONAL),
          thresholds: rising(5, 60),
        },
        {
          title: "Workers",
          description: "Workers that are alive, as Redis knows. 0: nothing is sent.",
          unit: "short",
          expr: most("workers"),
          thresholds: falling(null, 1),
          noValue: "unknown",
        },
        {
          title: "Redis",
          description:
            "Whether every process reaches Redis. no: nothing is accepted or sent until it is back.",
          unit: "bool_yes_no",
          expr: `min(${series("redis_up")})`,
          thresholds: falling(null, 1),
          noValue: "unknown",
        },
        {
          title: "Faults on our side",
          description:
            "The share of attempts that failed before any destination was reached: our machine, proxy or name server. Not 0: it is us.",
          unit: "percentunit",
          expr: share(perSecond("attempts_total", [], OURS), perSecond("attempts_total")),
          thresholds: rising(0.01, 0.1),
          noValue: "none sent",
        },
        {
          title: "Circuits open",
          description:
            "Destinations that fail so often that they are left alone. A few: theirs. Many at once: a provider that they share, or our way out.",
          unit: "short",
          expr: most("circuits", [], 'state="open"'),
          thresholds: rising(1, 10),
        },
        {
          title: "Canary",
          description:
            "How long ago the last canary delivery arrived; one goes through the whole way each minute. Empty where POSTRIDER_CANARY is off.",
          unit: "s",
          expr: `time() - max(${series("canary_last_delivered_timestamp_seconds")} > 0)`,
          thresholds: rising(120, 300),
          noValue: "off",
        },
      ],
    },
    {
      title: "Are deliveries flowing?",
      panels: [
        {
          title: "Deliveries that ended",
          description: "By outcome, a second. Nothing while deliveries wait: see the lanes below.",
          unit: "ops",
          queries: { "{{outcome}}": perSecond("deliveries_total", ["outcome"]) },
          isStacked: true,
        },
        {
          title: "Taken in and ended",
          description:
            "What producers of every kind hand over against what comes to an end, by the ledger; the gap is what the backlog grows by.",
          unit: "ops",
          queries: {
            "taken in": rateOfMost("ledger_enqueued_total"),
            ended: rateOfMost("ledger_ended_total"),
          },
        },
        {
          title: "Attempts by answer",
          description: "By class of status, or by fault where no answer came.",
          unit: "ops",
          queries: { "{{status_class}}{{fault}}": perSecond("attempts_total", ["status_class", "fault"]) },
          isStacked: true,
        },
      ],
    },
    {
      title: "How late?",
      panels: [
        {
          title: "Until the first attempt, transactional",
          description:
            "From when a delivery is due until its first attempt. This is the service level's measure: 99.9 % within 5 s.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "first_attempt_delay_seconds", [], TRANSACTIONAL),
            p99: quantile(0.99, "first_attempt_delay_seconds", [], TRANSACTIONAL),
            "p99.9": quantile(0.999, "first_attempt_delay_seconds", [], TRANSACTIONAL),
          },
        },
        {
          title: "Oldest delivery by lane",
          description:
            "The age of the one that has been due the longest. A bulk lane's may grow while a campaign is sent; a transactional one's may not.",
          unit: "s",
          queries: { "{{lane}}": most("lane_oldest_age_seconds", ["lane"]) },
        },
        {
          title: "Until delivered",
          description:
            "From when a delivery is due to its delivered outcome, retries included: slow destinations and their retries show here.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "delivery_latency_seconds"),
            p99: quantile(0.99, "delivery_latency_seconds"),
          },
        },
      ],
    },
    {
      title: "What is the backlog, and when will it be gone?",
      panels: [
        {
          title: "Waiting by lane",
          description:
            "Deliveries that are due and not claimed; destination, run and retries stand for all own lanes of the kind.",
          unit: "short",
          queries: { "{{lane}}": most("lane_waiting", ["lane"]) },
          isStacked: true,
        },
        {
          title: "Gone in",
          description: "What waits by what ended a second: how long the backlog takes if nothing more comes.",
          unit: "s",
          queries: {
            "shared lanes": `sum(${most("lane_waiting", ["lane"], SHARED)}) / (${perSecond("deliveries_total", [], SHARED)} > 0)`,
            "all lanes": `sum(${most("lane_waiting", ["lane"])}) / (${perSecond("deliveries_total")} > 0)`,
          },
        },
        {
          title: "In flight and at most",
          description: "At its limit a lane waits for answers: slow destinations, or too few workers.",
          unit: "short",
          queries: {
            "{{lane}}": total("in_flight", ["lane"]),
            "{{lane}}, at most": total("in_flight_limit", ["lane"]),
          },
        },
      ],
    },
    {
      title: "What goes wrong?",
      panels: [
        {
          title: "Failed by reason",
          description: "Deliveries that became dead letters; the runbook has an entry for each reason.",
          unit: "ops",
          queries: {
            "{{reason}}": `${perSecond("deliveries_total", ["reason"], 'outcome="failed"')} > 0`,
            all: perSecond("deliveries_total", [], 'outcome="failed"'),
          },
        },
        {
          title: "Retries by reason",
          description: "Attempts after which the delivery waits for another one.",
          unit: "ops",
          queries: {
            "{{reason}}": `${perSecond("retries_total", ["reason"])} > 0`,
            all: perSecond("retries_total"),
          },
        },
        {
          title: "Destinations in trouble",
          description:
            "Circuits that are open or tried again, and destinations that asked to be left alone for a while.",
          unit: "short",
          queries: {
            "circuits {{state}}": most("circuits", ["state"], 'state!="closed"'),
            "cooling down": most("destinations_cooling_down"),
          },
        },
        {
          title: "Ledger out of balance",
          description:
            "Deliveries that were accepted and lie nowhere (lost), or that lie in lanes uncounted (surplus), as the audit finds. Should stay 0.",
          unit: "short",
          queries: { "{{kind}}": most("deliveries_imbalance", ["kind"]) },
        },
        {
          title: "Sent again, or nearly",
          description:
            "Claims that were not a delivery's only one. reclaimed and unrecorded: receivers may see a request twice.",
          unit: "ops",
          queries: { "{{kind}}": perSecond("repeated_claims_total", ["kind"]) },
        },
        {
          title: "Dead letters kept",
          description: "Deliveries that failed for good and can be replayed.",
          unit: "short",
          queries: { "{{lane}}": most("lane_dead_letters", ["lane"]) },
        },
      ],
    },
    {
      title: "Redis and the canary",
      panels: [
        {
          title: "Redis memory",
          description:
            "Used by maxmemory. At 90 % producers are refused. Empty where Redis has no maxmemory.",
          unit: "percentunit",
          queries: {
            used: `max(${series("redis_memory_used_bytes")} / (${series("redis_memory_max_bytes")} > 0))`,
          },
          max: 1,
        },
        {
          title: "Redis answers within",
          description: "As the processes measure it, network included.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "redis_command_duration_seconds"),
            p99: quantile(0.99, "redis_command_duration_seconds"),
          },
        },
        {
          title: "Canary deliveries",
          description:
            "By how they ended; anything but delivered is late or lost. Empty where POSTRIDER_CANARY is off.",
          unit: "ops",
          queries: { "{{result}}": perSecond("canary_deliveries_total", ["result"]) },
        },
      ],
    },
  ],
};
