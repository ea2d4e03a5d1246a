// All groups of rules, in the order in which somebody who was woken reads them, and Prometheus' form of them.

import { stringify } from "yaml";
import type { Alert, Group } from "../alert.ts";
import { api } from "./api.ts";
import { canary } from "./canary.ts";
import { destinations } from "./destinations.ts";
import { readers } from "./readers.ts";
import { redis } from "./redis.ts";
import { serviceLevel } from "./service-level.ts";
import { workers } from "./workers.ts";

export const GROUPS: readonly Group[] = [serviceLevel, workers, redis, destinations, readers, canary, api];

export const ALERTS: readonly Alert[] = GROUPS.flatMap(({ rules }) => rules).filter(
  (rule) => "alert" in rule,
);

/**
 * Where the alerts' entries are read; the alert's name follows as an anchor. A made-up host, since each
 * installation says where its people read the runbook.
 */
export const RUNBOOK_URL = "https://postrider.example/docs/runbook.md";

/** What Prometheus reads as a file of rules, and its operator as the `spec` of a PrometheusRule. */
export function toRulesFile(runbookUrl: string = RUNBOOK_URL) {
  return {
    groups: GROUPS.map(({ name, rules }) => ({ name, rules: rules.map((rule) => toRule(rule, runbookUrl)) })),
  };
}

function toRule(rule: Group["rules"][number], runbookUrl: string) {
  if ("record" in rule) return { record: rule.record, expr: rule.expr };
  const { alert, severity, expr, summary, description } = rule;
  return {
    alert,
    expr,
    for: rule.for,
    labels: { severity },
    annotations: { summary, description, runbook_url: `${runbookUrl}#${alert.toLowerCase()}` },
  };
}

export function renderRules(): string {
  return stringify(toRulesFile(), { lineWidth: 0 });
}
