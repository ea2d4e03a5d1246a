// A dashboard: rows of panels, with what all dashboards have in common.

import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  type RowPanel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type Chart, chart, DATASOURCE, type Tile, tile } from "./panels.ts";

export interface Row {
  readonly title: string;
  readonly panels: readonly (Tile | Chart)[];
}

export interface Board {
  /** Also the file's name, and what links name. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

/** The grid's columns, of which each row's panels get even parts. */
const COLUMNS = 24;
/** Charts beside each other, so that their legends can be read. */
const CHARTS_MAX = 3;

/** Grafana's form of a dashboard. */
export function toDashboard({ id, title, description, rows }: Board) {
  const builder = new DashboardBuilder(`Postrider / ${title}`)
    .uid(`postrider-${id}`)
    .description(description)
    .tags(["postrider"])
    .readonly()
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("Postrider")
        .type(DashboardLinkType.Dashboards)
        .tags(["postrider"])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(variable("namespace", "Namespace", "label_values(postrider_build_info, namespace)"))
    .withVariable(variable("job", "Job", 'label_values(postrider_build_info{namespace=~"$namespace"}, job)'))
    .withVariable(
      variable(
        "instance",
        "Instance",
        'label_values(postrider_build_info{namespace=~"$namespace", job=~"$job"}, instance)',
      ),
    );
  return { ...builder.build(), panels: place(rows) };
}

function variable(name: string, label: string, query: string) {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}

/** The panels of all rows with their places: a heading, then as many beside each other as can be read. */
function place(rows: readonly Row[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    const heading = { type: "row" as const, id: placed.length + 1, title, collapsed: false, panels: [] };
    placed.push({ ...heading, gridPos: { x: 0, y, w: COLUMNS, h: 1 } } as RowPanel);
    y += 1;
    for (const line of toLines(panels)) {
      const width = Math.floor(COLUMNS / line.length);
      const built = line.map((panel) => ("expr" in panel ? tile(panel, width) : chart(panel, width)).build());
      const height = Math.max(...built.map(({ gridPos }) => gridPos?.h ?? 0));
      built.forEach((panel, index) => {
        placed.push({
          ...panel,
          id: placed.length + 1,
          gridPos: { x: index * width, y, w: width, h: height },
        });
      });
      y += height;
    }
  }
  return placed;
}

function toLines(panels: readonly (Tile | Chart)[]): (readonly (Tile | Chart)[])[] {
  const tiles = panels.filter((panel) => "expr" in panel);
  const charts = panels.filter((panel) => !("expr" in panel));
  const lines: (readonly (Tile | Chart)[])[] = tiles.length === 0 ? [] : [tiles];
  for (let at = 0; at < charts.length; at += CHARTS_MAX) lines.push(charts.slice(at, at + CHARTS_MAX));
  return lines;
}
