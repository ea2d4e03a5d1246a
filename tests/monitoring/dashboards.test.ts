// What Grafana's own linter asks of dashboards (https://github.com/grafana/dashboard-linter, docs/rules), as
// far as it matters, and what a reader needs besides.

import { describe, expect, test } from "vitest";
import { BOARDS } from "../../deploy/monitoring/dashboards/all.ts";
import { DATASOURCE } from "../../deploy/monitoring/panels.ts";
import { readCatalog } from "./catalog.ts";
import { type Panel, readDashboards, shown } from "./panels.ts";
import { fillIn, readQuery } from "./promql.ts";
import { problemsOf } from "./query-problems.ts";

const catalog = await readCatalog();
const dashboards = readDashboards();

test("there is a file for each dashboard, and for nothing else", () => {
  expect([...dashboards.keys()]).toEqual(BOARDS.map(({ id }) => id).sort());
});

const CHOSEN = ["namespace", "job", "instance"];
/** What an alert has of that. */
const CHOSEN_OF_ALERTS = ["namespace"];

describe.each([...dashboards])("%s", (id, dashboard) => {
  const panels = shown(dashboard);
  const targets = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, ...target })));

  test("has a name, a place of its own and nothing that somebody could change in place", () => {
    expect(dashboard).toMatchObject({
      uid: `postrider-${id}`,
      editable: false,
      tags: ["postrider"],
      refresh: "30s",
    });
    expect(dashboard.title).toMatch(/^Postrider \/ [A-Z]/);
    expect(dashboard.description).toMatch(/\.$|\?$/);
  });

  test("lets the data source, the installations, the jobs and the instances be chosen", () => {
    const { list } = dashboard.templating;
    expect(list.map(({ name, type }) => [name, type])).toEqual([
      ["datasource", "datasource"],
      ["namespace", "query"],
      ["job", "query"],
      ["instance", "query"],
    ]);
    for (const { definition, datasource } of list.slice(1)) {
      expect(datasource?.uid).toBe(DATASOURCE.uid);
      const [, series = ""] = /^label_values\((.*), \w+\)$/.exec(definition ?? "") ?? [];
      expect(problemsOf(fillIn(series), catalog)).toEqual([]);
    }
  });

  test("has panels that say what they show, in a unit", () => {
    for (const { title, description, fieldConfig, datasource, targets: asked } of panels) {
      expect(title).toMatch(/^[A-Z]/);
      expect(description, title).toMatch(/.{15,}\.$/);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      expect(datasource?.uid, title).toBe(DATASOURCE.uid);
      expect(asked?.length, title).toBeGreaterThan(0);
    }
  });

  test("has panels beside and below each other, each with a number of its own", () => {
    expect(new Set(dashboard.panels.map((panel) => panel.id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(cellsOf);
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  test.each(
    targets.map((target) => [`${target.panel.title}, ${target.legendFormat ?? target.refId}`, target]),
  )(
    "%s: asks for series that are there, of what was chosen",
    (_, { expr, legendFormat = "", datasource }) => {
      expect(problemsOf(fillIn(expr), catalog)).toEqual([]);
      expect(datasource?.uid).toBe(DATASOURCE.uid);
      const { selectors, groupings } = readQuery(fillIn(expr));
      // A fixed range would miss samples, or blur them, at other zoom levels and scrape intervals.
      if (!expr.includes("[1h]")) expect(expr).not.toMatch(/\[\d/);
      for (const { metric, matchers } of selectors)
        expect(matchers.map(({ label }) => label)).toEqual(
          expect.arrayContaining(metric === "ALERTS" ? CHOSEN_OF_ALERTS : CHOSEN),
        );
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        expect(groupings.flat(), legendFormat).toContain(label);
    },
  );

  test("has as many legends in a chart as it has queries", () => {
    for (const { title, targets: asked = [] } of panels) {
      const legends = asked.map(({ legendFormat }) => legendFormat ?? "");
      expect(new Set(legends).size, title).toBe(asked.length);
    }
  });
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
}
