import { expect, test } from "vitest";
import { createAddedSeries, type ToldMetric, type ToldSeries } from "./added-series.ts";

type Facts = Partial<ToldMetric> & Pick<ToldMetric, "name">;

function told(...metrics: readonly Facts[]): ToldSeries {
  return {
    isOpenMetrics: false,
    metrics: metrics.map((facts) => ({ help: "h", type: "gauge", aggregator: "sum", values: [], ...facts })),
  };
}

const gauge = (name: string, value: number, aggregator = "sum"): Facts => ({
  name: `postrider_${name}`,
  aggregator,
  values: [{ labels: {}, value }],
});

const sent = (value: number, destination = "a"): Facts => ({
  name: "postrider_sent_total",
  type: "counter",
  values: [{ labels: { destination }, value }],
});

async function lines(
  added: ReturnType<typeof createAddedSeries>,
  current: readonly ToldSeries[],
  latest: readonly ToldSeries[] = [],
): Promise<string[]> {
  const page = await added.toRegistry(current, latest).metrics();
  return page.split("\n").filter((line) => line.startsWith("postrider_"));
}

test.each([
  ["sum", 5],
  ["max", 3],
  ["min", 2],
  ["average", 3],
  ["first", 3],
  ["omit", 3],
])("of gauges of 2 and 3 that are told together by %s one of %d is made", async (aggregator, expected) => {
  const added = createAddedSeries();
  expect(await lines(added, [told(gauge("x", 2, aggregator)), told(gauge("x", 3, aggregator))])).toEqual([
    `postrider_x ${expected}`,
  ]);
});

test("counters of the dead stay in the sum, their gauges do not", async () => {
  const added = createAddedSeries();
  const [one, other] = [told(sent(10), gauge("in_flight", 4)), told(sent(5), gauge("in_flight", 1))];
  expect(await lines(added, [one, other])).toEqual([
    'postrider_sent_total{destination="a"} 15',
    "postrider_in_flight 5",
  ]);

  added.keep(one);
  expect(await lines(added, [other])).toEqual([
    'postrider_sent_total{destination="a"} 15',
    "postrider_in_flight 1",
  ]);
  added.keep(told(sent(2)));
  expect(await lines(added, [other, told(sent(1))])).toContain('postrider_sent_total{destination="a"} 18');
});

test("of one that does not answer in time counts what it counted until then", async () => {
  const added = createAddedSeries();
  const latest = told(sent(10), gauge("in_flight", 4));
  const expected = ['postrider_sent_total{destination="a"} 11', "postrider_in_flight 1"];
  const other = told(sent(1), gauge("in_flight", 1));
  expect(await lines(added, [other], [latest])).toEqual(expected);
  // It is no dead one, and is not counted twice when it answers again.
  expect(await lines(added, [other], [latest])).toEqual(expected);
});

test("what the dead alone have met makes no page longer, and counts on when somebody meets it again", async () => {
  const added = createAddedSeries();
  added.keep(told(sent(10, "gone")));
  expect(await lines(added, [told(sent(1))])).toEqual(['postrider_sent_total{destination="a"} 1']);
  expect(await lines(added, [told(sent(1, "gone"))])).toEqual([
    'postrider_sent_total{destination="gone"} 11',
  ]);
});

test("a counter that all tell alike is told once, and the dead add nothing to it", async () => {
  const ledger: Facts = { ...sent(100), aggregator: "max" };
  const added = createAddedSeries();
  added.keep(told(ledger));
  expect(await lines(added, [told(ledger), told(ledger)])).toEqual([
    'postrider_sent_total{destination="a"} 100',
  ]);
});

test("histograms add up in each of their parts", async () => {
  const span = (value: number): Facts => ({
    name: "postrider_span_seconds",
    type: "histogram",
    values: [
      { metricName: "postrider_span_seconds_bucket", labels: { le: 1 }, value },
      { metricName: "postrider_span_seconds_bucket", labels: { le: "+Inf" }, value: value + 1 },
      { metricName: "postrider_span_seconds_sum", labels: {}, value: value * 2 },
      { metricName: "postrider_span_seconds_count", labels: {}, value: value + 1 },
    ],
  });
  const added = createAddedSeries();
  added.keep(told(span(1)));
  expect(await lines(added, [told(span(2)), told(span(3))])).toEqual([
    'postrider_span_seconds_bucket{le="1"} 6',
    'postrider_span_seconds_bucket{le="+Inf"} 9',
    "postrider_span_seconds_sum 12",
    "postrider_span_seconds_count 9",
  ]);
});

test("with traces the page is OpenMetrics, and the latest exemplar stays", async () => {
  const span = (value: number, timestamp: number): ToldSeries => ({
    isOpenMetrics: true,
    metrics: [
      {
        name: "postrider_span_seconds",
        help: "h",
        type: "histogram",
        values: [
          {
            metricName: "postrider_span_seconds_bucket",
            labels: { le: "+Inf" },
            value,
            exemplar: { labelSet: { trace_id: `t${timestamp}` }, value: 0.5, timestamp } as never,
          },
        ],
      },
      { name: "postrider_sent_total", help: "h", type: "counter", values: [{ labels: {}, value }] },
    ],
  });
  const registry = createAddedSeries().toRegistry([span(1, 20), span(2, 10)], []);
  expect(registry.contentType).toContain("openmetrics");
  const page = await registry.metrics();
  expect(page).toContain('postrider_span_seconds_bucket{le="+Inf"} 3 # {trace_id="t20"} 0.5 20');
  expect(page).toContain("# TYPE postrider_sent counter\npostrider_sent_total 3\n");
});
