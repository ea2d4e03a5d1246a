// Pictures of the dashboards: their panels as they are committed, drawn in a page by uPlot from what
// Prometheus answers, about as Grafana would show them.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium as browserType } from "playwright-core";
import { ROOT } from "../../support/processes.ts";
import { type Panel, readDashboards } from "../panels.ts";
import { fillIn } from "../promql.ts";
import type { Range, Watchers } from "./watchers.ts";

export interface Drawing {
  readonly chromium: string;
  readonly watchers: Watchers;
  readonly say: (text: string) => void;
  /** Unix seconds. */
  readonly time: readonly [number, number];
  /** Before any fault: what documents show. */
  readonly calm?: readonly [number, number];
}

export interface Drawn {
  readonly title: string;
  readonly type: string;
  readonly at: Panel["gridPos"];
  readonly unit: string;
  readonly noValue: string;
  readonly isStacked: boolean;
  readonly max: number | null;
  readonly steps: readonly { readonly value: number | null; readonly color: string }[];
  readonly times: readonly number[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

/** Where pictures are put that nobody keeps. */
const FOLDER = "node_modules/.cache/monitoring";
/** The one that documents show. */
const KEPT = "docs/overview.png";
const POINTS = 200;

export async function drawDashboards({ chromium, watchers, say, time, calm }: Drawing): Promise<void> {
  await mkdir(join(ROOT, FOLDER), { recursive: true });
  const browser = await browserType.launch({ executablePath: chromium, args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1_200, height: 800 } });
  const require = createRequire(import.meta.url);
  const uplot = join(require.resolve("uplot"), "..");
  const [script, style] = await Promise.all([
    readFile(join(uplot, "uPlot.iife.min.js"), "utf8"),
    readFile(join(uplot, "uPlot.min.css"), "utf8"),
  ]);
  const own = await readFile(new URL("page.js", import.meta.url), "utf8");
  const draw = async (id: string, shown: readonly [number, number], file: string): Promise<void> => {
    const dashboard = readDashboards().get(id);
    if (dashboard === undefined) return;
    const panels = await Promise.all(dashboard.panels.map((panel) => ask(panel, watchers, shown)));
    await page.setContent(`<style>${style}</style><div id="board"></div>`);
    await page.addScriptTag({ content: script });
    await page.addScriptTag({ content: own });
    await page.evaluate(`draw(${JSON.stringify({ title: dashboard.title, panels })})`);
    const board = page.locator("#board");
    await writeFile(join(ROOT, file), await board.screenshot({ type: "png" }));
    say(`drawn: ${file}`);
  };
  for (const id of readDashboards().keys()) await draw(id, time, `${FOLDER}/${id}.png`);
  if (calm !== undefined) await draw("overview", calm, KEPT);
  await browser.close();
}

async function ask(
  panel: Panel,
  { askRange }: Watchers,
  [from, to]: readonly [number, number],
): Promise<Drawn> {
  const step = Math.max(1, Math.ceil((to - from) / POINTS));
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  const lines: { label: string; values: (number | null)[] }[] = [];
  for (const { expr, legendFormat = "" } of panel.targets ?? [])
    for (const range of await askRange(fillIn(expr, { __rate_interval: "10s" }), from, to, step))
      lines.push({ label: toLabel(legendFormat, range), values: toValues(range, times) });
  const { defaults } = panel.fieldConfig ?? { defaults: {} };
  return {
    title: panel.title,
    type: panel.type,
    at: panel.gridPos,
    unit: defaults.unit ?? "",
    noValue: defaults.noValue ?? "",
    isStacked: defaults.custom?.stacking?.mode === "normal",
    max: defaults.max ?? null,
    steps: defaults.thresholds?.steps ?? [],
    times,
    lines,
  };
}

function toLabel(legend: string, { metric }: Range): string {
  return legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "");
}

function toValues({ values }: Range, times: readonly number[]): (number | null)[] {
  const known = new Map(values.map(([time, value]) => [Math.round(time * 1_000), Number(value)]));
  return times.map((time) => {
    const value = known.get(Math.round(time * 1_000));
    return value === undefined || !Number.isFinite(value) ? null : value;
  });
}
