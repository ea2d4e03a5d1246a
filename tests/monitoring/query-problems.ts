// What is wrong with a query, by the series that there are.

import type { SeriesKnown } from "./catalog.ts";
import { readQuery, type Selector } from "./promql.ts";

const OF_COUNTERS = ["rate", "increase", "irate", "resets"];

/** What is wrong with a query in which no variable is left; empty when nothing is. */
export function problemsOf(expr: string, catalog: ReadonlyMap<string, SeriesKnown>): string[] {
  const { selectors, groupings, syntax } = readQuery(expr);
  if (syntax.length > 0) return syntax.map((where) => `syntax, ${where}`);
  if (selectors.length === 0) return ["asks for no series"];
  const labels = new Set(selectors.flatMap(({ metric }) => [...(catalog.get(metric)?.labels ?? [])]));
  const unknown = groupings.flat().filter((label) => !labels.has(label));
  const hasBounds = groupings.some((names) => names.includes("le"));
  return [
    ...selectors.flatMap((selector) => problemsOfSelector(selector, catalog.get(selector.metric))),
    ...unknown.map((label) => `groups by ${label}, which none of its series has`),
    ...(expr.includes("histogram_quantile") && !hasBounds ? ["takes a quantile of sums without le"] : []),
  ];
}

function problemsOfSelector(selector: Selector, known: SeriesKnown | undefined): string[] {
  const { metric, matchers, rangeOf } = selector;
  if (known === undefined) return [`${metric} is declared nowhere`];
  const isCounted = rangeOf !== null && OF_COUNTERS.includes(rangeOf);
  const ofType: string[] = [];
  if (known.type === "counter" && !isCounted)
    ofType.push(`${metric} is a counter: its rate or increase tells something`);
  if (known.type === "gauge" && isCounted) ofType.push(`${metric} is a gauge: it has no ${rangeOf}`);
  return [...ofType, ...matchers.flatMap((matcher) => problemsOfMatcher(metric, matcher, known))];
}

function problemsOfMatcher(
  metric: string,
  { label, op, value }: Selector["matchers"][number],
  known: SeriesKnown,
): string[] {
  if (!known.labels.has(label)) return [`${metric} has no label ${label}`];
  const values = known.values.get(label);
  const named = op.endsWith("~") ? value.split("|") : [value];
  // A pattern is not looked into, only a list of alternatives.
  if (values === undefined || named.some((name) => !/^[\w./:-]*$/.test(name))) return [];
  return named.filter((name) => !values.has(name)).map((name) => `${label} of ${metric} is never "${name}"`);
}
