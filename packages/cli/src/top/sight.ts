// What `postrider top` shows at one moment: a look at Redis, and what changed since an earlier one. Pure.

import type { Overview } from "@postrider/producer/overview/overview";

/** Per second; null where there is no earlier look, or nothing of it in that one. */
export type Rate = number | null;

export interface Sight {
  readonly overview: Overview;
  readonly enqueuedPerSecond: Rate;
  readonly endedPerSecond: Rate;
  /** By shared lane: by how much it grows (or shrinks, below 0). */
  readonly growth: ReadonlyMap<string, Rate>;
  readonly runs: ReadonlyMap<string, RunPace>;
}

export interface RunPace {
  readonly endedPerSecond: Rate;
  /** Until nothing is left at that rate; null where nothing moves. */
  readonly leftMs: number | null;
}

/** @param before an earlier look; null: there was none. */
export function toSight(before: Overview | null, now: Overview): Sight {
  const elapsedMs = before === null ? 0 : now.at - before.at;
  const perSecond = (from: number | undefined, to: number): Rate =>
    from === undefined || elapsedMs <= 0 ? null : Math.round(((to - from) * 10_000) / elapsedMs) / 10;
  const lanesBefore = new Map(before?.lanes.map((lane) => [lane.lane, sizeOf(lane)]));
  const runsBefore = new Map(before?.runs.map((run) => [run.run, endedOf(run)]));
  return {
    overview: now,
    enqueuedPerSecond: perSecond(before?.enqueued, now.enqueued),
    endedPerSecond: perSecond(before?.ended, now.ended),
    growth: new Map(
      now.lanes.map((lane) => [lane.lane, perSecond(lanesBefore.get(lane.lane), sizeOf(lane))]),
    ),
    runs: new Map(
      now.runs.map((run) => {
        const rate = perSecond(runsBefore.get(run.run), endedOf(run));
        const leftMs = rate === null || rate <= 0 || run.left === 0 ? null : (run.left * 1_000) / rate;
        return [run.run, { endedPerSecond: rate, leftMs }];
      }),
    ),
  };
}

function sizeOf({ waiting, delayed, inFlight }: Overview["lanes"][number]): number {
  return waiting + delayed + inFlight;
}

export function endedOf({ enqueued, left }: Overview["runs"][number]): number {
  return enqueued - left;
}

/** For programs: one object a look, its maps as fields of what they are about. */
export function toJson({ overview, growth, runs, ...rates }: Sight): Readonly<Record<string, unknown>> {
  return {
    ...overview,
    ...rates,
    at: new Date(overview.at).toISOString(),
    lanes: overview.lanes.map((lane) => ({ ...lane, growthPerSecond: growth.get(lane.lane) ?? null })),
    runs: overview.runs.map((run) => ({ ...run, ...runs.get(run.run) })),
  };
}
