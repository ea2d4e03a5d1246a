// The only place that knows uPlot: axes in UTC, colours from the style, no animation.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { showTime } from "../words/numbers.ts";
import { type Drawing, showValue } from "./drawing.ts";

/** @param onPoint told the place among the times to which the reader points; null: none. */
export function createPlot(root: HTMLElement, drawing: Drawing, onPoint: (at: number | null) => void): uPlot {
  const { times, lines, unit, height } = drawing;
  const style = getComputedStyle(root);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: color("faint"),
    grid: { stroke: color("grid"), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  const options: uPlot.Options = {
    width: root.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, size: 26, space: 64, values: (_, seconds) => seconds.map(toShownTime(seconds)) },
      { ...axis, size: 58, values: (_, values) => values.map((value) => showValue(unit, value)) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: color(line.color),
        width: 1.75,
        fill:
          lines.length === 1 ? `color-mix(in srgb, ${color(line.color)} 12%, transparent)` : "transparent",
        points: { show: true, size: 4, filter: findLone },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
  const data = [times.map((time) => Date.parse(time) / 1_000), ...lines.map(({ points }) => [...points])];
  return new uPlot(options, data as uPlot.AlignedData, root);
}

/** Points without a neighbour, which no line shows. */
function findLone(plot: uPlot, series: number, isShown: boolean): number[] | null {
  if (!isShown) return null;
  const points = plot.data[series] ?? [];
  const isThere = (at: number): boolean => typeof points[at] === "number";
  return [...points.keys()].filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

const DAY_S = 86_400;

/** The hour, or where it is about days the day. */
function toShownTime(all: readonly number[]): (seconds: number) => string {
  const span = (all.at(-1) ?? 0) - (all[0] ?? 0);
  return (seconds) => {
    const text = showTime(seconds * 1_000);
    return span > 2 * DAY_S ? text.slice(5, 10) : text.slice(11, 16);
  };
}
