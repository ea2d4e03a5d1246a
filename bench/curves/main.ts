// `npm run bench:curves`: what a delivery costs against each of the things that may make it dearer. Writes
// the figures, and docs/performance.md with its pictures, which `npm run docs` draws from them as well.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bench } from "../measure.ts";
import { checkSystem, measureAlone, openStand } from "../stand.ts";
import { toSpread } from "../statistics.ts";
import { AXES, type Axis, BASE, type CurveFigures, type CurvePoint, type PointSetting } from "./axes.ts";
import { measureIdle, measurePoint } from "./curve-point.ts";
import { renderPerformance } from "./performance-page.ts";

const FIGURES = fileURLToPath(new URL("measured.json", import.meta.url));
const NAMES = AXES.map(({ name }) => name);

const HELP = `npm run bench:curves -- [options]
  --only NAMES   of ${NAMES.join(",")}; the others stay as they were measured
  --rounds N     of all points, one after the other; the median stands (1)
  --share N      of the deliveries, from 0.01 to 1: less shows whether everything runs (1)
  --most N       leaves out points above it
  --out FILE     takes the figures instead of bench/curves/measured.json, and leaves the page as it is`;

interface Options {
  readonly axes: readonly Axis[];
  readonly rounds: number;
  readonly share: number;
  readonly most: number;
  readonly out: string | undefined;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { only: text, rounds: text, share: text, most: text, out: text, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    process.exit(0);
  }
  const only = values.only?.split(",");
  const unknown = only?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${NAMES.join(", ")}`);
  const rounds = Number(values.rounds ?? 1);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds is a number of 1 or more");
  const share = Number(values.share ?? 1);
  if (!(share >= 0.01 && share <= 1)) throw new Error("--share is a number from 0.01 to 1");
  const most = Number(values.most ?? Number.POSITIVE_INFINITY);
  if (Number.isNaN(most)) throw new Error("--most is a number");
  return {
    axes: only === undefined ? AXES : AXES.filter(({ name }) => only.includes(name)),
    rounds,
    share,
    most,
    out: values.out,
  };
}

async function run(options: Options): Promise<void> {
  const bench = await openStand(BASE.inFlight, say);
  const measured = new Map<string, CurvePoint[]>();
  for (let round = 0; round < options.rounds; round++)
    for (const axis of options.axes)
      for (const at of axis.points.filter((point) => point <= options.most)) {
        const point = await measureAt(bench, axis, at, options.share);
        measured.set(axis.name, [...(measured.get(axis.name) ?? []), point]);
        say(`${axis.name} ${at}: ${describe(point)}`);
      }
  await save(options, await toFigures(bench, options, measured));
}

function measureAt(bench: Bench, { toSetting }: Axis, at: number, share: number): Promise<CurvePoint> {
  if (toSetting === undefined) return measureIdle(bench, at, share);
  const setting: PointSetting = { ...BASE, ...toSetting(at) };
  const part = (count: number): number => Math.max(1, Math.round(count * share));
  const isWhole = setting.measured === setting.backlog;
  const measured = part(setting.measured);
  return measurePoint(bench, at, {
    ...setting,
    measured,
    backlog: isWhole ? measured : setting.backlog,
    warmUp: part(setting.warmUp),
  });
}

async function toFigures(
  bench: Bench,
  { rounds, share }: Options,
  measured: ReadonlyMap<string, readonly CurvePoint[]>,
): Promise<CurveFigures> {
  const curves = [...measured].map(([name, points]) => [name, toMedians(points)] as const);
  const circumstances = {
    node: process.version,
    redis: await bench.lane.version(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    rounds,
    share,
  };
  return { circumstances, curves: Object.fromEntries(curves) };
}

/** Of each quantity for itself. */
function toMedians(points: readonly CurvePoint[]): CurvePoint[] {
  const places = [...new Set(points.map(({ at }) => at))];
  return places.map((at) => {
    const rounds = points.filter((point) => point.at === at);
    const median = (of: (point: CurvePoint) => number): number => {
      const value = toSpread(rounds.map(of)).median;
      return Number(value.toPrecision(3));
    };
    const isDelivering = rounds.every(({ perSecond }) => perSecond !== undefined);
    return {
      at,
      nodeMicros: median(({ nodeMicros }) => nodeMicros),
      redisMicros: median(({ redisMicros }) => redisMicros),
      ...(isDelivering && { perSecond: median(({ perSecond = 0 }) => perSecond) }),
      redisBytes: median(({ redisBytes }) => redisBytes),
    };
  });
}

async function save({ out }: Options, figures: CurveFigures): Promise<void> {
  if (out !== undefined) {
    await writeFile(out, `${JSON.stringify(figures, null, 2)}\n`);
    return;
  }
  const before = existsSync(FIGURES)
    ? (JSON.parse(await readFile(FIGURES, "utf8")) as CurveFigures).curves
    : {};
  const all: CurveFigures = { ...figures, curves: { ...before, ...figures.curves } };
  await writeFile(FIGURES, `${JSON.stringify(all, null, 2)}\n`);
  for (const [name, page] of Object.entries(renderPerformance(all)))
    await writeFile(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), page);
  say("bench/curves/measured.json, docs/performance.md and its pictures are written");
}

function describe({ nodeMicros, redisMicros, perSecond, redisBytes }: CurvePoint): string {
  const per = perSecond === undefined ? "a second" : `a delivery, ${Math.round(perSecond)}/s`;
  return `node ${nodeMicros.toFixed(1)} µs, Redis ${redisMicros.toFixed(1)} µs, ${Math.round(redisBytes)} bytes ${per}`;
}

function say(line: string): void {
  console.error(line);
}

await measureAlone("bench:curves", async () => {
  const options = readOptions();
  checkSystem();
  await run(options);
});
