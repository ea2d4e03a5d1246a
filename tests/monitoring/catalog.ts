// Which series there are: those that the processes declare, with their labels and the values of closed lists,
// and those that our rules record. Queries are held against it.

import { createApiMetrics } from "@postrider/api/api-metrics";
import { ROUTES } from "@postrider/api/routes";
import { defineCrewSeries } from "@postrider/cli/processes/crew-signs";
import { createMetrics } from "@postrider/worker/record/metrics";
import { GROUPS } from "../../deploy/monitoring/rules/all.ts";
import { readQuery } from "./promql.ts";

export interface SeriesKnown {
  readonly type: string;
  readonly labels: ReadonlySet<string>;
  /** By label, where every value is there from the first scrape on. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What Prometheus, or its operator, adds to every series of a target. */
export const TARGET_LABELS = ["job", "instance", "namespace"] as const;

type Registry = ReturnType<typeof createMetrics>["registry"];

interface Metric {
  readonly name: string;
  readonly type: unknown;
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>> }[];
}

/** Every series by its name in a query. */
export async function readCatalog(): Promise<ReadonlyMap<string, SeriesKnown>> {
  const declared = await Promise.all(REGISTRIES.map(declaredBy));
  const recordings = GROUPS.flatMap(({ rules }) => rules).filter((rule) => "record" in rule);
  return new Map([
    ...declared.flat(),
    ...recordings.map(({ record, expr }) => [record, recorded(readQuery(expr).groupings[0] ?? [])] as const),
    ["ALERTS", recorded(["alertname", "alertstate", "severity", "namespace"])],
  ]);
}

const REGISTRIES = [
  createMetrics(["transactional", "bulk"]).registry,
  createApiMetrics(ROUTES).registry,
  defineCrewSeries({ places: [], ends: () => 0 }),
];

async function declaredBy(registry: Registry): Promise<[string, SeriesKnown][]> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Metric[];
  return metrics.flatMap((metric) => seriesOf(metric, registry));
}

function recorded(labels: readonly string[]): SeriesKnown {
  return { type: "gauge", labels: new Set(labels), values: new Map() };
}

function seriesOf({ name, type, values }: Metric, registry: Registry): [string, SeriesKnown][] {
  const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
  const closed = new Map<string, Set<string>>();
  for (const { labels } of values)
    for (const [label, value] of Object.entries(labels))
      closed.set(label, (closed.get(label) ?? new Set()).add(String(value)));
  const labels = new Set([...labelNames, ...TARGET_LABELS]);
  if (type !== "histogram") return [[name, { type: String(type), labels, values: closed }]];
  const bounds = new Set([...(closed.get("le") ?? [])].flatMap((bound) => [bound, `${bound}.0`]));
  return [
    [
      `${name}_bucket`,
      { type: "counter", labels: new Set([...labels, "le"]), values: closed.set("le", bounds) },
    ],
    [`${name}_sum`, { type: "counter", labels, values: closed }],
    [`${name}_count`, { type: "counter", labels, values: closed }],
  ];
}
