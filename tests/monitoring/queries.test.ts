// Every query of rules and panels, read and held against what the processes declare.

import { expect, test } from "vitest";
import { ALERTS, GROUPS } from "../../deploy/monitoring/rules/all.ts";
import { readCatalog } from "./catalog.ts";
import { fillIn, readQuery } from "./promql.ts";
import { problemsOf } from "./query-problems.ts";

const catalog = await readCatalog();

test.each(
  GROUPS.flatMap(({ rules }) => rules).map((rule) => ["alert" in rule ? rule.alert : rule.record, rule.expr]),
)("the rule %s asks for series that are there", (_, expr) => {
  expect(problemsOf(expr, catalog)).toEqual([]);
});

test.each(ALERTS.map((alert) => [alert.alert, alert] as const))(
  "the alert %s can be silent",
  (_, { expr }) => {
    expect(readQuery(expr).hasComparison || expr.includes(" unless on ")).toBe(true);
  },
);

test("what is wrong with a query is told", () => {
  const problems = (expr: string) => problemsOf(fillIn(expr), catalog);

  expect(
    problems('sum by (lane) (rate(postrider_deliveries_total{lane=~"$job"}[$__rate_interval]))'),
  ).toEqual([]);
  expect(problems("sum(rate(postrider_deliveries_total[5m])")).toHaveLength(1);
  expect(problems("postrider_nothing")).toEqual(["postrider_nothing is declared nowhere"]);
  expect(problems("sum(postrider_deliveries_total)")).toEqual([expect.stringContaining("is a counter")]);
  expect(problems("rate(postrider_lane_waiting[5m])")).toEqual([expect.stringContaining("is a gauge")]);
  expect(problems('postrider_lane_waiting{run="r"}')).toEqual(["postrider_lane_waiting has no label run"]);
  expect(problems('rate(postrider_token_fetches_total{result="lent"}[5m])')).toEqual([
    'result of postrider_token_fetches_total is never "lent"',
  ]);
  expect(problems("max by (shard) (postrider_circuits)")).toEqual([
    expect.stringContaining("groups by shard"),
  ]);
  expect(
    problems("histogram_quantile(0.9, sum(rate(postrider_attempt_duration_seconds_bucket[5m])))"),
  ).toEqual(["takes a quantile of sums without le"]);
});
