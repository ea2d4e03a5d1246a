// Panels as dashboards say them, and Grafana's form of them: tiles with a number and a colour, and charts.

import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as ChartBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Grafana writes a variable.
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Grafana's names of units. */
export type Unit = "short" | "s" | "ops" | "percentunit" | "bytes" | "bool_yes_no" | "cores";

interface Said {
  readonly title: string;
  /** What it shows, and what follows from a bad value. */
  readonly description: string;
  readonly unit: Unit;
}

export interface Tile extends Said {
  readonly expr: string;
  /** Green until the first; a number that is too low is bad where they fall. */
  readonly thresholds: readonly Threshold[];
  /** What stands there instead of a number. */
  readonly texts?: Readonly<Record<string, string>>;
  /** What stands there when nothing is measured. */
  readonly noValue?: string;
}

export interface Chart extends Said {
  /** Queries by their legend, which may name labels as `{{label}}`. */
  readonly queries: Readonly<Record<string, string>>;
  readonly isStacked?: boolean;
  readonly max?: number;
}

/** Colours that say the same on every dashboard. */
export const GOOD = "green";
export const WARNING = "orange";
export const BAD = "red";
export const NEUTRAL = "blue";

/** Good until `warning`, bad from `bad` on. */
export function rising(warning: number | null, bad: number): Threshold[] {
  const middle = warning === null ? [] : [{ value: warning, color: WARNING }];
  return [{ value: null, color: GOOD }, ...middle, { value: bad, color: BAD }];
}

/** Bad until `warning`, good from `good` on. */
export function falling(warning: number | null, good: number): Threshold[] {
  const middle = warning === null ? [] : [{ value: warning, color: WARNING }];
  return [{ value: null, color: BAD }, ...middle, { value: good, color: GOOD }];
}

/** A number that is neither good nor bad. */
export const PLAIN: readonly Threshold[] = [{ value: null, color: NEUTRAL }];

const TILE_HEIGHT = 4;
const CHART_HEIGHT = 8;

export function tile({ title, description, unit, expr, thresholds, texts, noValue }: Tile, width: number) {
  const mappings = Object.entries(texts ?? {}).map(([value, text], index) => ({
    type: "value" as const,
    options: { [value]: { text, index } },
  }));
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .noValue(noValue ?? "no data")
    .mappings(mappings as never)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...thresholds]))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .span(width)
    .height(TILE_HEIGHT)
    .withTarget(new DataqueryBuilder().datasource(DATASOURCE).refId("A").expr(expr).range());
}

export function chart({ title, description, unit, queries, isStacked, max }: Chart, width: number) {
  const panel = new ChartBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(isStacked === true ? 40 : 8)
    .stacking(
      new StackingConfigBuilder()
        .mode(isStacked === true ? StackingMode.Normal : StackingMode.None)
        .group("A"),
    )
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .span(width)
    .height(CHART_HEIGHT);
  if (max !== undefined) panel.max(max);
  Object.entries(queries).forEach(([legend, expr], index) => {
    panel.withTarget(
      new DataqueryBuilder()
        .datasource(DATASOURCE)
        .refId(String.fromCharCode(65 + index))
        .expr(expr)
        .legendFormat(legend)
        .range(),
    );
  });
  return panel;
}
