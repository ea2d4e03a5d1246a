// Charts without Prometheus: what was counted and timed of late, as series.

import { type EndedLately, readCells, recentByAction, toSeries } from "@postrider/redis/roll-up-series";
import type { RollUpLimits } from "@postrider/redis/scripts/add-roll-ups";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import {
  HOUR_MS,
  MEASURES,
  type Measure,
  MINUTE_MS,
  ROLL_UP_DIMENSIONS,
  type RollUpDimension,
  SERIES_STEP_NAMES,
  SERIES_STEPS,
  type SeriesStep,
} from "@postrider/shared/roll-up";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";

/** Points of one series: a day of minutes, two months of hours. */
export const SERIES_POINTS_MAX = 1_500;
/** Series of one answer are no more than this many points long together. */
const ALL_POINTS_MAX = 200_000;
/** Names that are told apart unless the order says otherwise, and at most. */
const NAMES_DEFAULT = 20;
export const SERIES_NAMES_MAX = 1_000;
/** Where no step is given: enough for a chart as wide as a page. */
const POINTS_WANTED = 120;
const LAST_MS_DEFAULT = HOUR_MS;

export interface SeriesOrder {
  readonly measures: readonly [Measure, ...Measure[]];
  /** Absent: everything together. */
  readonly by?: RollUpDimension | undefined;
  /** Only these; absent: the busiest, and the rest together. */
  readonly names?: readonly string[] | undefined;
  /** Only what belongs to these actions; `by` is `total` or `action` then. */
  readonly actions?: readonly string[] | undefined;
  /** How many names are told apart; 20 unless given. */
  readonly limit?: number | undefined;
  /** An hour before `to` unless given. */
  readonly from?: Date | undefined;
  /** Now unless given. */
  readonly to?: Date | undefined;
  /** Absent: one that makes about a hundred points. */
  readonly step?: SeriesStep | undefined;
}

export interface FoundSeries {
  readonly measure: Measure;
  /** Null: all together, or the rest. */
  readonly name: string | null;
  /** All names beyond the limit, or beyond what is told apart within one minute or hour, together. */
  readonly isRest: boolean;
  /** One per step: a count, or ms. Null: not kept any more, or nothing was timed. */
  readonly points: readonly (number | null)[];
}

export interface SeriesFound {
  /** Unix ms when the first step begins. */
  readonly from: number;
  /** Unix ms when the last step ends. It may be later than now: what is to come is not counted yet. */
  readonly to: number;
  readonly step: SeriesStep;
  /** Each measure's series, the busiest name first, the rest last. */
  readonly series: readonly FoundSeries[];
}

export interface Metrics {
  /**
   * What happened in each step of a time. Workers add what they have counted every few seconds.
   * @throws `metrics_invalid`, `metrics_off`, `redis_unavailable`.
   */
  series(order: SeriesOrder): Promise<SeriesFound>;
  /**
   * How the deliveries of each action ended in the last minutes, by Redis' clock.
   * @throws `redis_unavailable`.
   */
  recentByAction(minutes: number): Promise<ReadonlyMap<string, EndedLately>>;
}

/** @param limits as workers have them. */
export function createMetrics(over: OverShards<ShardPart>, limits: RollUpLimits, now: () => number): Metrics {
  return {
    async series(order) {
      if (limits.rollUpsMinutesKeptMs === 0)
        throw new PostriderError(
          "metrics_off",
          "POSTRIDER_ROLL_UPS_MINUTES_KEPT_MS is 0: nothing is counted for charts",
        );
      const plan = toPlan(order, limits, now());
      const { from, to, step, stepMs, keptFrom, isTotal } = plan;
      const read = await over.ask(({ shard }) => readCells(shard, plan));
      const found = toSeries(read, plan);
      const gone = Math.max(0, Math.ceil((keptFrom - from) / stepMs));
      return {
        from,
        to,
        step,
        series: found.map(({ measure, name, points }) => ({
          measure,
          name: name === "" ? null : name,
          isRest: name === "" && !isTotal,
          points: points.map((point, at) => (at < gone ? null : point)),
        })),
      };
    },
    async recentByAction(minutes) {
      return addEnded(await over.ask(({ shard }) => recentByAction(shard, minutes)));
    },
  };
}

function addEnded(all: readonly ReadonlyMap<string, EndedLately>[]): ReadonlyMap<string, EndedLately> {
  const sums = new Map<string, EndedLately>();
  for (const [action, { ended, failed }] of all.flatMap((one) => [...one])) {
    const known = sums.get(action);
    sums.set(action, { ended: ended + (known?.ended ?? 0), failed: failed + (known?.failed ?? 0) });
  }
  return sums;
}

/** What is read for an order. @throws `metrics_invalid`. */
function toPlan(order: SeriesOrder, limits: RollUpLimits, now: number) {
  const { measures, by = "total", actions, limit = NAMES_DEFAULT } = order;
  checkChoices(order);
  const isTotal = by === "total";
  const names =
    actions === undefined ? order.names : (order.names ?? actions).filter((name) => actions.includes(name));
  const times = toTimes(order, now, now - limits.rollUpsMinutesKeptMs);
  const hasHours = times.stepMs % HOUR_MS === 0 && limits.rollUpsHoursKeptMs > 0;
  const kept = hasHours
    ? ({ unit: "hour", unitMs: HOUR_MS, keptMs: limits.rollUpsHoursKeptMs } as const)
    : ({ unit: "minute", unitMs: MINUTE_MS, keptMs: limits.rollUpsMinutesKeptMs } as const);
  checkLength(times, kept);
  const namesMax = isTotal ? 1 : (names?.length ?? limit + 1);
  if (measures.length * namesMax * ((times.to - times.from) / times.stepMs) > ALL_POINTS_MAX)
    throw invalidField(
      "metrics_invalid",
      "limit",
      `makes an answer of more than ${ALL_POINTS_MAX} points; ask for fewer names or measures, or for longer steps`,
    );
  const keptFrom = Math.floor((now - kept.keptMs) / kept.unitMs) * kept.unitMs;
  return {
    ...{ measures, names, isTotal, keptFrom, namesMax: limit, unit: kept.unit },
    ...times,
    by: actions === undefined ? by : ("action" as const),
    isSummed: isTotal && actions !== undefined,
  } as const;
}

interface Times {
  readonly from: number;
  readonly to: number;
  readonly step: SeriesStep;
  readonly stepMs: number;
}

/** Whole steps. @param minutesFrom Unix ms since when there are minutes. @throws `metrics_invalid`. */
function toTimes(order: SeriesOrder, now: number, minutesFrom: number): Times {
  const lastMs = order.to?.getTime() ?? now;
  const firstMs = order.from?.getTime() ?? lastMs - LAST_MS_DEFAULT;
  if (!(firstMs >= 0 && firstMs < lastMs && firstMs <= now + MINUTE_MS))
    throw invalidField("metrics_invalid", "from", "must be a time before to, and not in the future");
  const step = order.step ?? chooseStep(firstMs, lastMs, minutesFrom);
  const stepMs = SERIES_STEPS[step];
  const from = Math.floor(firstMs / stepMs) * stepMs;
  // A step that has only begun is the last one.
  const to = Math.max(from + stepMs, Math.ceil(Math.min(lastMs, now) / stepMs) * stepMs);
  return { from, to, step, stepMs };
}

/** @throws `metrics_invalid`. */
function checkLength({ from, to }: Times, { unit, unitMs }: { unit: string; unitMs: number }): void {
  if ((to - from) / unitMs <= SERIES_POINTS_MAX) return;
  const instead = unit === "minute" ? "a shorter time, or for steps of hours" : "a shorter time";
  throw invalidField(
    "metrics_invalid",
    "from",
    `makes more than ${SERIES_POINTS_MAX} ${unit}s to be read; ask for ${instead}`,
  );
}

/** Programs in JavaScript may give anything. */
export function checkChoices({ measures, by, names, actions, limit, step }: SeriesOrder): void {
  checkNames(by ?? "total", names, actions);
  checkOneOf("measure", measures, MEASURES);
  if (by !== undefined) checkOneOf("by", [by], ROLL_UP_DIMENSIONS);
  if (step !== undefined) checkOneOf("step", [step], SERIES_STEP_NAMES);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= SERIES_NAMES_MAX))
    throw invalidField("metrics_invalid", "limit", `must be a whole number from 1 to ${SERIES_NAMES_MAX}`);
}

function checkNames(by: RollUpDimension, names?: readonly string[], actions?: readonly string[]): void {
  if (names !== undefined && by === "total")
    throw invalidField(
      "metrics_invalid",
      "names",
      "name nothing where all is counted together; give by, too",
    );
  if (names !== undefined && names.length > SERIES_NAMES_MAX)
    throw invalidField("metrics_invalid", "names", `are more than ${SERIES_NAMES_MAX}`);
  if (actions !== undefined && by !== "total" && by !== "action")
    throw invalidField("metrics_invalid", "by", "must be total or action where actions are given");
}

function checkOneOf(field: string, given: readonly string[], known: readonly string[]): void {
  if (given.length === 0 || !given.every((one) => known.includes(one)))
    throw invalidField("metrics_invalid", field, `must be one of ${known.join(", ")}`);
}

function chooseStep(from: number, to: number, minutesFrom: number): SeriesStep {
  const isLong = from < minutesFrom - MINUTE_MS;
  const fits = (step: SeriesStep): boolean =>
    (to - from) / SERIES_STEPS[step] <= POINTS_WANTED && !(isLong && SERIES_STEPS[step] < HOUR_MS);
  return SERIES_STEP_NAMES.find(fits) ?? "1d";
}
