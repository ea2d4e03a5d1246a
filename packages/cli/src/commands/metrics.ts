// `postrider metrics`: what happened when, as charts in the terminal, without a Prometheus.

import type { FoundSeries, SeriesFound } from "@postrider/producer/metrics/chart-series";
import {
  MEASURES,
  type Measure,
  ROLL_UP_DIMENSIONS,
  type RollUpDimension,
  SERIES_STEP_NAMES,
  SERIES_STEPS,
  type SeriesStep,
} from "@postrider/shared/roll-up";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { describeDuration, describeTime, toVisible } from "../readable.ts";
import { mostOf, sparkline } from "../sparkline.ts";
import { withService } from "../with-service.ts";
import { parseCount, parseSince, parseTime } from "./arguments.ts";

/** Marks of a chart: with a name and two numbers beside it, it fits a terminal of 120 columns. */
const CHART_WIDTH = 60;
const SINCE_DEFAULT = "1h";

interface MetricsOptions {
  readonly measure: readonly [Measure, ...Measure[]];
  readonly by: RollUpDimension;
  readonly name?: readonly string[];
  readonly limit: number;
  readonly since: (now: number) => Date;
  readonly until?: Date;
  readonly step?: SeriesStep;
  readonly json?: boolean;
}

export function addMetrics(program: Command, { settings, output }: Context): void {
  program
    .command("metrics")
    .description("Show what happened when, as charts: by action, destination, reason, lane or run")
    .option("--measure <names>", `some of ${MEASURES.join(", ")}`, parseMeasures, ["ended", "failed"])
    .addOption(new Option("--by <what>", "one chart for each").choices(ROLL_UP_DIMENSIONS).default("action"))
    .option(
      "--name <name>",
      "only this action, destination, …; may be given several times, or several with commas",
      collect,
    )
    .option("--limit <count>", "charts of each measure; the rest is one more", parseCount, 20)
    .addOption(
      new Option("--since <time>", "a time, or how long ago, such as 90m, 6h or 7d")
        .argParser(parseSince)
        .default(parseSince(SINCE_DEFAULT), SINCE_DEFAULT),
    )
    .option("--until <time>", "the end (default: now)", parseTime)
    .addOption(
      new Option("--step <length>", "how long each point is (default: fits the time)").choices(
        SERIES_STEP_NAMES,
      ),
    )
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
Workers add what they have counted every five seconds. Minutes are kept for
POSTRIDER_ROLL_UPS_MINUTES_KEPT_MS, hours for POSTRIDER_ROLL_UPS_HOURS_KEPT_MS.

Examples:
  postrider metrics
  postrider metrics --by destination --measure attempts,send_p95 --since 2h
  postrider metrics --by reason --measure failed,retries --since 7d --step 6h
  postrider metrics --by action --name welcome --since 15m --json`,
    )
    .action(async ({ measure, by, name, limit, since, until, step, json }: MetricsOptions) => {
      const from = since(Date.now());
      const order = { measures: measure, by, names: name, limit, from, to: until, step };
      const found = await withService(settings(), ({ metrics }) => metrics.series(order));
      if (json === true) return output.json(toJson(found));
      const perMark = Math.max(1, Math.ceil(lengthOf(found) / CHART_WIDTH)) * SERIES_STEPS[found.step];
      output.line(
        `${describeTime(found.from)} to ${describeTime(found.to)}, each mark ${describeDuration(perMark)}`,
      );
      for (const one of measure) {
        output.line("");
        const rows = found.series.filter((series) => series.measure === one).map(toRow);
        if (rows.length === 0) output.line(`${one}: nothing`);
        else
          output.table([by.toUpperCase(), one.toUpperCase(), isTime(one) ? "LATEST" : "TOTAL", "MOST"], rows);
      }
    });
}

function parseMeasures(text: string): Measure[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(MEASURES as readonly string[]).includes(name));
  if (unknown === undefined) return names as Measure[];
  throw new InvalidArgumentError(
    `"${unknown}" is none; give some of ${MEASURES.join(", ")}, with commas between`,
  );
}

function collect(name: string, before: readonly string[] = []): string[] {
  return [...before, ...name.split(",")];
}

function lengthOf({ from, to, step }: SeriesFound): number {
  return (to - from) / SERIES_STEPS[step];
}

function isTime(measure: Measure): boolean {
  return measure.includes("_");
}

function toRow({ measure, name, isRest, points }: FoundSeries): readonly unknown[] {
  const show = (value: number | null | undefined): string | null => {
    if (value === null || value === undefined) return null;
    return isTime(measure) ? describeDuration(value) : String(value);
  };
  const known = points.filter((point) => point !== null);
  const total = isTime(measure) ? known.at(-1) : known.reduce((sum, point) => sum + point, 0);
  const shown = name === null ? nameOfAll(isRest) : toVisible(name);
  return [shown, sparkline(points, CHART_WIDTH), show(total), show(mostOf(points))];
}

function nameOfAll(isRest: boolean): string {
  return isRest ? "(the rest)" : "(all)";
}

function toJson({ from, to, step, series }: SeriesFound): Readonly<Record<string, unknown>> {
  const stepMs = SERIES_STEPS[step];
  const times = Array.from({ length: (to - from) / stepMs }, (_, at) =>
    new Date(from + at * stepMs).toISOString(),
  );
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step, times, series };
}
