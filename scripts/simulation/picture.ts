// The picture of a simulation: deliveries that end and deliveries that wait, second by second.

import type { Simulated } from "./simulate.ts";

const WIDTH = 960;
const LEFT = 88;
const RIGHT = 24;
const HEIGHT = 150;
const TOPS = [64, 284] as const;
const INK = "#1d2733";
const PALE = "#52606d";
const LINE = "#9fb0c0";
const STEP_SECONDS = 30;

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly values: readonly number[];
  readonly colour: string;
}

export function toPicture({ scenario, samples }: Simulated): string {
  const { seconds, lostAt, failoverSeconds, scale } = scenario;
  const x = (at: number): number => LEFT + (at / seconds) * (WIDTH - LEFT - RIGHT);
  const panels: readonly Panel[] = [
    {
      title: `Deliveries that end in a second (one stands for ${scale})`,
      top: TOPS[0],
      values: samples.map(({ ended }) => ended),
      colour: "#2f7d4f",
    },
    {
      title: "Deliveries that wait for workers",
      top: TOPS[1],
      values: samples.map(({ waiting }) => waiting),
      colour: "#b4552d",
    },
  ];
  const bottom = TOPS[1] + HEIGHT;
  const shade = `<rect x="${fix(x(lostAt))}" y="${TOPS[0]}" width="${fix(x(lostAt + failoverSeconds) - x(lostAt))}" height="${bottom - TOPS[0]}" fill="#f6e3da"/>`;
  const note = `<text x="${fix(x(lostAt) + 4)}" y="${TOPS[0] - 8}" fill="${PALE}">a zone is lost; its Redis answer again after ${failoverSeconds} s</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 48}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" role="img" aria-labelledby="title description">
  <title id="title">A zone is lost</title>
  <desc id="description">Deliveries that end each second fall when a zone is lost at second ${lostAt}, rise above what comes while what waited drains, and are then as many as before; what waits rises and falls with it.</desc>
  <rect width="${WIDTH}" height="${bottom + 48}" rx="8" fill="#ffffff" stroke="#d5dbe1"/>
  ${shade}
  ${note}
  ${panels.map((panel) => drawPanel(panel, x)).join("\n  ")}
  ${drawSeconds(seconds, bottom, x)}
</svg>
`;
}

function drawPanel({ title, top, values, colour }: Panel, x: (at: number) => number): string {
  const most = toRound(Math.max(...values));
  const y = (value: number): number => top + HEIGHT - (value / most) * HEIGHT;
  const points = values.map((value, index) => `${fix(x(index + 1))},${fix(y(value))}`).join(" ");
  const marks = [0, most / 2, most]
    .map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fix(y(value))}" y2="${fix(y(value))}" stroke="${LINE}" stroke-width="0.5"/><text x="${LEFT - 8}" y="${fix(y(value) + 4)}" text-anchor="end" fill="${PALE}">${group(value)}</text>`,
    )
    .join("");
  return `<text x="${LEFT}" y="${top - 28}" fill="${INK}" font-weight="600">${title}</text>${marks}<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`;
}

function drawSeconds(seconds: number, bottom: number, x: (at: number) => number): string {
  const marks: string[] = [];
  for (let at = 0; at <= seconds; at += STEP_SECONDS)
    marks.push(`<text x="${fix(x(at))}" y="${bottom + 20}" text-anchor="middle" fill="${PALE}">${at}</text>`);
  marks.push(`<text x="${WIDTH / 2}" y="${bottom + 38}" text-anchor="middle" fill="${PALE}">seconds</text>`);
  return marks.join("");
}

/** The next 1, 2 or 5 with zeros behind it. */
function toRound(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function fix(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

function group(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
