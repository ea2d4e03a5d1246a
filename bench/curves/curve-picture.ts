// The picture of a curve: node's and Redis' CPU time over its points, which stand at even distances.

import type { Axis, CurvePoint } from "./axes.ts";

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 88;
const RIGHT = 96;
const TOP = 48;
const INK = "#1d2733";
const PALE = "#52606d";
const LINE = "#9fb0c0";
const NODE = "#2f7d4f";
const REDIS = "#b4552d";

/** @param unit of what is drawn. */
export function drawCurve({ title, unit: of }: Axis, points: readonly CurvePoint[], unit: string): string {
  const most = toRound(
    Math.max(...points.flatMap(({ nodeMicros, redisMicros }) => [nodeMicros, redisMicros])),
  );
  const x = (place: number): number =>
    LEFT + (place / Math.max(1, points.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + HEIGHT - (value / most) * HEIGHT;
  const bottom = TOP + HEIGHT;
  const line = (name: string, colour: string, values: readonly number[]): string => {
    const path = values.map((value, place) => `${fix(x(place))},${fix(y(value))}`).join(" ");
    const dots = values
      .map((value, place) => `<circle cx="${fix(x(place))}" cy="${fix(y(value))}" r="3.5" fill="${colour}"/>`)
      .join("");
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}<text x="${WIDTH - RIGHT + 12}" y="${fix(y(values.at(-1) ?? 0) + 4)}" fill="${colour}" font-weight="600">${name}</text>`;
  };
  const marks = [0, most / 2, most]
    .map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fix(y(value))}" y2="${fix(y(value))}" stroke="${LINE}" stroke-width="0.5"/><text x="${LEFT - 10}" y="${fix(y(value) + 4)}" text-anchor="end" fill="${PALE}">${group(value)}</text>`,
    )
    .join("");
  const places = points
    .map(
      ({ at }, place) =>
        `<text x="${fix(x(place))}" y="${bottom + 22}" text-anchor="middle" fill="${PALE}">${group(at)}</text>`,
    )
    .join("");
  const node = points.map(({ nodeMicros }) => nodeMicros);
  const redis = points.map(({ redisMicros }) => redisMicros);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 56}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" role="img" aria-labelledby="title description">
  <title id="title">${title}</title>
  <desc id="description">${unit} of node and of Redis, by ${of}.</desc>
  <rect width="${WIDTH}" height="${bottom + 56}" rx="8" fill="#ffffff" stroke="#d5dbe1"/>
  <text x="${LEFT}" y="26" fill="${INK}" font-weight="600">${unit}</text>
  ${marks}
  ${line("node", NODE, node)}
  ${line("Redis", REDIS, redis)}
  ${places}
  <text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 42}" text-anchor="middle" fill="${PALE}">${of}</text>
</svg>
`;
}

/** The next 1, 2 or 5 with zeros behind it. */
function toRound(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function fix(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** `1,234,567`, the same on every machine. */
export function group(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
