// Redis and the ledger in it: whether it answers, how full it is, and whether all that was accepted is there.

import type { Board } from "../dashboard.ts";
import { falling, rising } from "../panels.ts";
import { most, perSecond, quantile, series } from "../series.ts";

export const redis: Board = {
  id: "redis",
  title: "Redis",
  description: "Whether Redis answers, how full it is, and whether everything that was accepted lies in it.",
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          title: "Reached by all",
          description: "no: at least one process does not reach Redis.",
          unit: "bool_yes_no",
          expr: `min(${series("redis_up")})`,
          thresholds: falling(null, 1),
          noValue: "unknown",
        },
        {
          title: "Memory used",
          description: "Of maxmemory; at 90 % producers are refused. Empty where Redis has no maxmemory.",
          unit: "percentunit",
          expr: `max(${series("redis_memory_used_bytes")} / (${series("redis_memory_max_bytes")} > 0))`,
          thresholds: rising(0.75, 0.9),
          noValue: "no maxmemory",
        },
        {
          title: "May evict",
          description: "yes: its maxmemory-policy is not noeviction, and accepted deliveries can be lost.",
          unit: "bool_yes_no",
          expr: most("redis_may_evict"),
          thresholds: rising(null, 1),
          noValue: "unknown",
        },
        {
          title: "Answers within, p99",
          description: "One command in a hundred takes longer, network included.",
          unit: "s",
          expr: quantile(0.99, "redis_command_duration_seconds"),
          thresholds: rising(0.025, 0.1),
          noValue: "no commands",
        },
        {
          title: "Deliveries lost",
          description: "Accepted, not ended and in no lane, as the audit finds. Should stay 0.",
          unit: "short",
          expr: most("deliveries_imbalance", [], 'kind="lost"'),
          thresholds: rising(null, 1),
        },
        {
          title: "Packed values up to",
          description:
            "hash-max-listpack-value: a delivery with a longer value takes some 250 bytes more. 2,048 is right.",
          unit: "bytes",
          expr: `min(${series("redis_listpack_value_bytes")})`,
          thresholds: falling(64, 2_048),
          noValue: "unknown",
        },
      ],
    },
    {
      title: "Speed and memory",
      panels: [
        {
          title: "Answers within",
          description: "As the processes measure it, network and their own event loop included.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "redis_command_duration_seconds"),
            p90: quantile(0.9, "redis_command_duration_seconds"),
            p99: quantile(0.99, "redis_command_duration_seconds"),
          },
        },
        {
          title: "Commands",
          description: "Measured commands a second, by process.",
          unit: "ops",
          queries: { "{{instance}}": perSecond("redis_command_duration_seconds_count", ["instance"]) },
        },
        {
          title: "Memory",
          description: "Used, and maxmemory where there is one.",
          unit: "bytes",
          queries: {
            used: most("redis_memory_used_bytes"),
            maxmemory: `${most("redis_memory_max_bytes")} > 0`,
          },
        },
      ],
    },
    {
      title: "What lies in it",
      panels: [
        {
          title: "Waiting by lane",
          description: "Deliveries that are due and not claimed.",
          unit: "short",
          queries: { "{{lane}}": most("lane_waiting", ["lane"]) },
          isStacked: true,
        },
        {
          title: "Delayed by lane",
          description: "Deliveries that are due later: retries, and what has a time of its own.",
          unit: "short",
          queries: { "{{lane}}": most("lane_delayed", ["lane"]) },
          isStacked: true,
        },
        {
          title: "Dead letters by lane",
          description: "Each keeps its request's data until it is replayed, purged or too old.",
          unit: "short",
          queries: { "{{lane}}": most("lane_dead_letters", ["lane"]) },
          isStacked: true,
        },
      ],
    },
    {
      title: "The ledger and its readers",
      panels: [
        {
          title: "Out of balance",
          description: "lost: accepted and in no lane; surplus: in a lane and not counted. Should stay 0.",
          unit: "short",
          queries: { "{{kind}}": most("deliveries_imbalance", ["kind"]) },
        },
        {
          title: "Outcomes not read yet",
          description: "By group of readers; beyond POSTRIDER_OUTCOMES_KEPT a reader misses some.",
          unit: "short",
          queries: { "{{group}}": most("outcome_reader_lag", ["group"]) },
        },
        {
          title: "Events not read yet",
          description: "By group of readers; beyond POSTRIDER_EVENTS_KEPT a reader misses some.",
          unit: "short",
          queries: { "{{group}}": most("event_reader_lag", ["group"]) },
        },
        {
          title: "Lanes healed",
          description: "Own lanes with deliveries that were in no registry. Should stay 0.",
          unit: "ops",
          queries: { healed: perSecond("lanes_healed_total") },
        },
        {
          title: "Dead letters dropped",
          description: "They made room for newer ones or grew too old.",
          unit: "ops",
          queries: { "{{lane}}": perSecond("dead_letters_dropped_total", ["lane"]) },
        },
        {
          title: "Reached, by process",
          description: "1: the process reaches Redis. One at 0 alone: the network between them.",
          unit: "short",
          queries: { "{{instance}}": `min by (instance) (${series("redis_up")})` },
          max: 1,
        },
      ],
    },
  ],
};
