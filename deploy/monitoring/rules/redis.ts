// Redis, and the ledger that lies in it.

import { DURATION, type Group, INSTALLATION, PERCENTAGE, VALUE } from "../alert.ts";

const FILLED = `max by (${INSTALLATION}) (postrider_redis_memory_used_bytes / (postrider_redis_memory_max_bytes > 0))`;

// What an audit found is told by the worker that did it, until another one does the next: for a moment nobody
// may tell it. Hence the highest of a minute.
export const redis: Group = {
  name: "postrider-redis",
  title: "Redis",
  rules: [
    {
      alert: "PostriderRedisDown",
      severity: "critical",
      expr: `max by (${INSTALLATION}) (postrider_redis_up) == 0`,
      for: "1m",
      summary: "No process reaches Redis: nothing is accepted and nothing is sent.",
      description:
        "Every process of Postrider says that Redis does not answer it. They reconnect by themselves.",
    },
    {
      alert: "PostriderRedisUnreachable",
      severity: "warning",
      expr: "min by (namespace, job, instance) (postrider_redis_up) == 0",
      for: "5m",
      summary: "The process {{ $labels.instance }} does not reach Redis.",
      description: "Other processes may: look at the network between this one and Redis.",
    },
    {
      alert: "PostriderShardAway",
      severity: "critical",
      expr: `max by (${INSTALLATION}) (postrider_shards_away) > 0 and max by (${INSTALLATION}) (postrider_redis_up) == 1`,
      for: "1m",
      summary: "The Redis of some shards does not answer: what lies there waits, the other shards go on.",
      description: `${VALUE} shards are away. Producers lead what is new round them; what has its home there is answered redis_unavailable.`,
    },
    {
      alert: "PostriderRedisMemoryFills",
      severity: "warning",
      expr: `${FILLED} > 0.75`,
      for: "10m",
      summary: "Redis is three quarters full.",
      description: `${PERCENTAGE} of maxmemory are used. At 90 % producers are refused, so that workers can go on.`,
    },
    {
      alert: "PostriderRedisMemoryFull",
      severity: "critical",
      expr: `${FILLED} > 0.9`,
      for: "1m",
      summary: "Redis is full: producers are refused.",
      description: `${PERCENTAGE} of maxmemory are used; the rest is for the workers. Enqueueing is answered redis_full.`,
    },
    {
      alert: "PostriderRedisMayEvict",
      severity: "critical",
      expr: `max by (${INSTALLATION}) (postrider_redis_may_evict) > 0`,
      for: "1m",
      summary: "Redis may evict keys: accepted deliveries can be lost.",
      description:
        "Its maxmemory-policy is not noeviction. Processes that start now refuse it; those that run go on.",
    },
    {
      alert: "PostriderRedisNotPersistent",
      severity: "warning",
      expr: `min by (${INSTALLATION}) (postrider_redis_persistent) == 0`,
      for: "10m",
      summary: "Redis writes nothing to disk: a restart of Redis loses what was accepted.",
      description:
        "It has no append-only file. What was accepted since its last snapshot, if there is one, is gone with the process.",
    },
    {
      alert: "PostriderRedisSlow",
      severity: "warning",
      expr: `histogram_quantile(0.95, sum by (${INSTALLATION}, le) (rate(postrider_redis_command_duration_seconds_bucket[5m]))) > 0.1`,
      for: "5m",
      summary: "Redis answers slowly.",
      description: `One probe in twenty takes ${DURATION} or longer, as the processes measure it.`,
    },
    {
      alert: "PostriderDeliveriesLost",
      severity: "critical",
      expr: `max by (${INSTALLATION}) (max_over_time(postrider_deliveries_imbalance{kind="lost"}[1m])) > 0`,
      for: "1m",
      summary: "Deliveries were accepted and are gone from Redis.",
      description: `The audit misses ${VALUE} deliveries. The log of the worker that audits names their runs.`,
    },
    {
      alert: "PostriderDeliveriesSurplus",
      severity: "warning",
      expr: `max by (${INSTALLATION}) (max_over_time(postrider_deliveries_imbalance{kind="surplus"}[1m])) > 0`,
      for: "10m",
      summary: "Deliveries lie in lanes that the ledger does not know.",
      description: `The audit finds ${VALUE} deliveries more than were counted, as after Redis came back with an older state.`,
    },
    {
      alert: "PostriderLanesHealed",
      severity: "warning",
      expr: `sum by (${INSTALLATION}) (increase(postrider_lanes_healed_total[1h])) > 0`,
      for: "0m",
      summary: "An own lane with deliveries was in no registry.",
      description: `The audit found ${VALUE} such lanes within the hour and has them served again.`,
    },
  ],
};
