// Workers: whether there are any, whether they serve everything, and whether they are well.

import { DURATION, type Group, INSTALLATION, knownBefore, PERCENTAGE, VALUE } from "../alert.ts";

export const workers: Group = {
  name: "postrider-workers",
  title: "Workers",
  rules: [
    {
      alert: "PostriderAbsent",
      severity: "critical",
      // Where others are still seen, the hour before tells which installation is missing.
      expr: `absent(postrider_build_info) or (${knownBefore("postrider_build_info")})`,
      for: "5m",
      summary: "Prometheus sees no process of Postrider.",
      description:
        "No worker and no API process of the installation is scraped: none runs, or Prometheus does not find them. Its other alerts are blind meanwhile.",
    },
    {
      alert: "PostriderNoWorkers",
      severity: "critical",
      expr: `max by (${INSTALLATION}) (postrider_workers) == 0`,
      for: "1m",
      summary: "No worker is alive: nothing is sent.",
      description: "No worker has renewed its sign of life in Redis. Deliveries are accepted and wait.",
    },
    {
      alert: "PostriderSharedLaneUnserved",
      severity: "critical",
      // Of a minute, since each audit is told by another worker.
      expr: `max by (${INSTALLATION}) (max_over_time(postrider_shared_lanes_unserved[1m])) > 0`,
      for: "1m",
      summary: "Deliveries wait in a shared lane that no worker serves.",
      description: `${VALUE} shared lanes have deliveries and no worker. The log of the worker that audits names them.`,
    },
    {
      alert: "PostriderOwnLanesUnserved",
      severity: "warning",
      expr: `max by (${INSTALLATION}) (postrider_own_lanes_unserved) > 0`,
      for: "30m",
      summary: "There are more own lanes than the workers have room for; they take turns.",
      description: `${VALUE} own lanes have no worker at this moment.`,
    },
    {
      alert: "PostriderClaimsRunOut",
      severity: "warning",
      expr: `sum by (${INSTALLATION}) (increase(postrider_repeated_claims_total{kind="reclaimed"}[15m])) > 20`,
      for: "5m",
      summary: "Claims run out: workers die or stand still, and deliveries are sent twice.",
      description: `${VALUE} deliveries of the last 15 minutes were claimed again after another worker may have sent them.`,
    },
    {
      alert: "PostriderEventLoopBlocked",
      severity: "warning",
      expr: "max by (namespace, job, instance) (postrider_nodejs_eventloop_lag_p99_seconds) > 0.5",
      for: "5m",
      summary: "The process {{ $labels.instance }} is too busy to take its turns in time.",
      description: `One turn in a hundred comes ${DURATION} late; claims and connections time out when it is seconds.`,
    },
    {
      alert: "PostriderSocketsExhausted",
      severity: "warning",
      expr: "sum by (namespace, job, instance) (increase(postrider_sockets_refused_total[5m])) > 0",
      for: "2m",
      summary: "The worker {{ $labels.instance }} may open no further connection.",
      description: `${VALUE} requests of the last five minutes found no free connection and are tried again (local): the limit on open files is too low for so many destinations.`,
    },
    {
      alert: "PostriderTemplatesFail",
      severity: "warning",
      expr: `sum by (${INSTALLATION}) (rate(postrider_compose_failures_total[15m])) / sum by (${INSTALLATION}) (rate(postrider_compose_duration_seconds_count[15m])) > 0.05 and sum by (${INSTALLATION}) (increase(postrider_compose_failures_total[15m])) > 50`,
      for: "5m",
      summary: "Deliveries fail before they are sent: a template does not fit its customers.",
      description: `${PERCENTAGE} of what was composed in the last 15 minutes could not be. Nothing was sent for it.`,
    },
    {
      alert: "PostriderVersionsMixed",
      severity: "info",
      expr: `count by (${INSTALLATION}) (count by (${INSTALLATION}, version) (postrider_build_info)) > 1`,
      for: "6h",
      summary: "Processes of several releases have run side by side for hours.",
      description: `${VALUE} versions run: a roll-out has stopped half-way.`,
    },
  ],
};
