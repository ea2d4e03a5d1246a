// What happened when, as series for charts.

import { SERIES_NAMES_MAX, type SeriesFound } from "@postrider/producer/metrics/chart-series";
import { PostriderError } from "@postrider/shared/errors";
import {
  MEASURES,
  type Measure,
  ROLL_UP_DIMENSIONS,
  type RollUpDimension,
  SERIES_STEP_NAMES,
  SERIES_STEPS,
} from "@postrider/shared/roll-up";
import { z } from "zod";
import type { Caller } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";

const MEASURES_MAX = 10;

const measure = z.enum(MEASURES, { error: `must be one of ${MEASURES.join(", ")}` });
const measures = z
  .string()
  .max(300)
  .regex(/^[a-z0-9_]+(,[a-z0-9_]+)*$/, { error: "must be measures, separated by commas" })
  .refine((text) => text.split(",").length <= MEASURES_MAX, { error: `may be ${MEASURES_MAX} at most` })
  .refine((text) => text.split(",").every((one) => measure.safeParse(one).success), {
    error: `must be some of ${MEASURES.join(", ")}, separated by commas`,
  });

export const metricRoutes: readonly Route[] = [
  defineRoute({
    id: "readSeries",
    method: "GET",
    path: "/v1/metrics",
    scope: "read",
    narrowing: "found",
    summary: "What happened in each step of a time: counts and times of deliveries, as series for charts",
    query: z.strictObject({
      measure: measures.default("ended").describe(`Some of ${MEASURES.join(", ")}, separated by commas.`),
      by: z
        .enum(ROLL_UP_DIMENSIONS)
        .default("total")
        .describe("By what series are told apart. A token that is narrowed to actions has total and action."),
      names: z
        .string()
        .min(1)
        .max(10_000)
        .optional()
        .describe("Only these, separated by commas; absent: the busiest, and the rest together."),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(SERIES_NAMES_MAX)
        .default(20)
        .describe("How many names are told apart."),
      from: timeSchema.optional().describe("An hour before `to`, unless given."),
      to: timeSchema.optional().describe("Now, unless given."),
      step: z.enum(SERIES_STEP_NAMES).optional().describe("Absent: one that makes about a hundred points."),
    }),
    replies: { 200: "The series; `after` is null, since there is one page." },
    reply: z.strictObject({
      from: timeSchema.describe("When the first step begins."),
      to: timeSchema.describe("When the last step ends. It may be later than now."),
      step: z.enum(SERIES_STEP_NAMES),
      times: z.array(timeSchema).describe("When each step begins."),
      series: z.array(
        z.strictObject({
          measure,
          name: z.string().nullable().describe("Null: all together, or the rest."),
          isRest: z.boolean().describe("Whether it is all names beyond those that are told apart."),
          points: z
            .array(z.number().nullable())
            .describe("One for each of `times`: a count, or ms; null: no longer kept, or nothing was timed."),
        }),
      ),
      after: z.null(),
    }),
    errors: ["metrics_invalid", "metrics_off"],
    async handle({ query: { measure: asked, names, from, to, ...query }, caller }, { producer }) {
      const found = await producer.metrics.series({
        ...query,
        measures: asked.split(",") as [Measure, ...Measure[]],
        names: names?.split(","),
        actions: toReached(query.by, caller),
        ...(from !== undefined && { from: new Date(from) }),
        ...(to !== undefined && { to: new Date(to) }),
      });
      return { status: 200, body: toShown(found) };
    },
  }),
];

/** The only actions of which the caller may know; absent: all. @throws `forbidden`. */
function toReached(by: RollUpDimension, { actions, lanes }: Caller): readonly string[] | undefined {
  if (lanes !== null)
    throw new PostriderError("forbidden", "series are of all lanes, and the token is narrowed to some");
  if (actions === null) return undefined;
  if (by !== "total" && by !== "action")
    throw new PostriderError(
      "forbidden",
      `series by ${by} are of all actions, and the token is narrowed to some; ask by action or total`,
    );
  return [...actions];
}

function toShown({ from, to, step, series }: SeriesFound) {
  const stepMs = SERIES_STEPS[step];
  const times = Array.from({ length: (to - from) / stepMs }, (_, at) => toTime(from + at * stepMs));
  return {
    from: toTime(from),
    to: toTime(to),
    step,
    times,
    series: series.map((one) => ({ ...one, points: [...one.points] })),
    after: null,
  };
}
