// Series over time, drawn by uPlot, which is loaded with the first chart. Beside the picture stands a table
// for whoever cannot see it.

import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { showTime } from "../words/numbers.ts";
import { makeVisible } from "../words/visible.ts";
import { type Drawing, showValue } from "./drawing.ts";

interface Props extends Omit<Drawing, "height"> {
  readonly name: string;
  readonly height?: number;
}

const HEIGHT = 190;

export function Chart({ name, times, lines, unit, height = HEIGHT }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const theme = useTheme();
  useEffect(() => {
    const root = place.current;
    if (root === null) return undefined;
    return draw(root, { times, lines, unit, height }, setAt);
  }, [times, lines, unit, height, theme]);
  const shown = at ?? times.length - 1;
  return (
    <figure class="chart" aria-label={name}>
      <figcaption class="legend">
        {lines.map((line) => (
          <span key={line.name} class="legend-item">
            <i class={`swatch ${line.color}`} aria-hidden="true" />
            {makeVisible(line.name)} <b>{showValue(unit, line.points[shown])}</b>
          </span>
        ))}
        <span class="legend-time">
          {times[shown] === undefined ? "" : `${showTime(times[shown]).slice(0, 16)} UTC`}
        </span>
      </figcaption>
      <div ref={place} class="chart-place" aria-hidden="true" style={{ minHeight: `${height}px` }} />
    </figure>
  );
}

/** Changes with the reader's light or dark, so that the picture is drawn anew. */
function useTheme(): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const note = (): void => setDark(query.matches);
    query.addEventListener("change", note);
    return () => query.removeEventListener("change", note);
  }, []);
  return isDark;
}

function draw(root: HTMLElement, drawing: Drawing, onPoint: (at: number | null) => void): () => void {
  let plot: uPlot | null = null;
  let isGone = false;
  const resize = new ResizeObserver(() => plot?.setSize({ width: root.clientWidth, height: drawing.height }));
  void import("./plot.ts").then(({ createPlot }) => {
    if (isGone) return;
    root.replaceChildren();
    plot = createPlot(root, drawing, onPoint);
    resize.observe(root);
  });
  return () => {
    isGone = true;
    resize.disconnect();
    plot?.destroy();
  };
}
