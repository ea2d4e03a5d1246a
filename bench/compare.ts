// The regression gate. A release is kept as what its rounds gave, as ratios to what the same rounds measured
// beside it, or as bytes: these are nearly the same on any machine. A later run is held against them, and
// what moved is told apart from what merely differs by the rounds themselves.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EnqueueMeasurement } from "./enqueue.ts";
import type { Measurement } from "./measure.ts";
import type { Rounds } from "./report.ts";
import { type Spread, toSpread } from "./statistics.ts";

const RELEASES = fileURLToPath(new URL("releases", import.meta.url));
/** With fewer rounds their spread says nothing about the noise. */
export const COMPARED_ROUNDS_MIN = 3;
/** Less is no change that anybody would look for, as where bytes are alike in all rounds. */
const MOVED_MIN = 0.01;

export interface ReleaseQuantity {
  readonly name: string;
  /** Which direction is the better one. */
  readonly better: "more" | "less";
  /** What each round gave. */
  readonly rounds: readonly number[];
}

export interface ReleaseFigures {
  readonly release: string;
  readonly quantities: readonly ReleaseQuantity[];
}

export interface Comparison extends Pick<ReleaseQuantity, "name"> {
  readonly before: number;
  readonly now: number;
  readonly verdict: "same" | "better" | "worse";
}

const perCpuSecond = (one: Measurement): number => one.deliveriesPerCpuSecond;
const micros = (one: EnqueueMeasurement): number => one.nodeMicrosPerDelivery + one.redisMicrosPerDelivery;

/** Those of the quantities whose cases were measured. */
export function toQuantities(rounds: Rounds): ReleaseQuantity[] {
  const delivered = (name: string): readonly Measurement[] => rounds.deliveries.get(name) ?? [];
  const enqueued = (name: string): readonly EnqueueMeasurement[] => rounds.enqueue.get(name) ?? [];
  const ours = delivered("postrider");
  const ofOthers = (["floor", "first-script"] as const).flatMap((other): ReleaseQuantity[] => [
    {
      name: `deliveries per CPU-second, to ${other}'s`,
      better: "more",
      rounds: divide(ours.map(perCpuSecond), delivered(other).map(perCpuSecond)),
    },
    {
      name: `Redis' CPU time, to ${other}'s`,
      better: "less",
      rounds: divide(
        ours.map((one) => one.redisMicrosPerDelivery),
        delivered(other).map((one) => one.redisMicrosPerDelivery),
      ),
    },
  ]);
  const composed = rounds.composition.get("composition") ?? [...rounds.composition.values()][0] ?? [];
  const quantities: ReleaseQuantity[] = [
    ...ofOthers,
    {
      name: "enqueueing per CPU-second, to addBulk's",
      better: "more",
      rounds: divide(enqueued("floor").map(micros), enqueued("postrider").map(micros)),
    },
    {
      name: "Redis bytes waiting",
      better: "less",
      rounds: enqueued("postrider").map((one) => one.redisBytesPerDelivery),
    },
    { name: "Redis bytes kept", better: "less", rounds: ours.map((one) => one.keptBytesPerDelivery) },
    {
      name: "composing, to renderSync",
      better: "less",
      rounds: divide(
        composed.map((one) => one.composeMicros),
        composed.map((one) => one.renderSyncMicros),
      ),
    },
    {
      name: "a run through the API, per CPU-second to the library's",
      better: "more",
      rounds: rounds.streaming.map((one) => one.libraryMicrosPerDelivery / one.apiMicrosPerDelivery),
    },
    {
      name: "single POSTs, per CPU-second to a bare API's",
      better: "more",
      rounds: rounds.posts.map((one) => one.bareMicrosPerDelivery / one.apiMicrosPerDelivery),
    },
  ];
  return quantities.filter((one) => one.rounds.length > 0);
}

/** Round by round: what slows a whole round down changes none of the ratios. */
function divide(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [value / other];
  });
}

/**
 * What both have, compared. Something has moved where every round of the one is beyond every round of the
 * other, and the medians are a hundredth apart or more: with five rounds each, chance does that once in some
 * hundred times.
 */
export function compare(before: ReleaseFigures, now: readonly ReleaseQuantity[]): Comparison[] {
  return now.flatMap(({ name, better, rounds }) => {
    const earlier = before.quantities.find((one) => one.name === name);
    if (earlier === undefined) return [];
    const verdict = judge(toSpread(earlier.rounds), toSpread(rounds), better);
    return [{ name, before: toSpread(earlier.rounds).median, now: toSpread(rounds).median, verdict }];
  });
}

function judge(then: Spread, today: Spread, better: ReleaseQuantity["better"]): Comparison["verdict"] {
  if (Math.abs(today.median / then.median - 1) < MOVED_MIN) return "same";
  if (today.min > then.max) return better === "more" ? "better" : "worse";
  if (today.max < then.min) return better === "less" ? "better" : "worse";
  return "same";
}

/** The lines for people. */
export function describeComparison(release: string, compared: readonly Comparison[]): string {
  if (compared.length === 0) return `Nothing was measured that ${release} has figures of.`;
  const width = Math.max(...compared.map(({ name }) => name.length));
  const lines = compared.map(({ name, before, now, verdict }) => {
    const change = 100 * (now / before - 1);
    const moved = verdict === "same" ? "within the noise" : verdict;
    return `${name.padEnd(width)}   ${toShort(before)} → ${toShort(now)}   ${change >= 0 ? "+" : ""}${change.toFixed(1)} %   ${moved}`;
  });
  return [`Against ${release}:`, ...lines].join("\n");
}

function toShort(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** @param file absent: the latest release that the repository knows. @throws where there is none. */
export async function readRelease(file: string | undefined): Promise<ReleaseFigures> {
  const path = file ?? (await findLatest());
  const { release, quantities } = JSON.parse(await readFile(path, "utf8")) as Partial<ReleaseFigures>;
  if (!Array.isArray(quantities))
    throw new Error(`${path} holds no release; --release VERSION writes one, to compare with`);
  return { release: release ?? basename(path, ".json"), quantities };
}

async function findLatest(): Promise<string> {
  const names = existsSync(RELEASES) ? await readdir(RELEASES) : [];
  const versions = names.filter((name) => /^\d+\.\d+\.\d+\.json$/.test(name));
  const latest = versions.sort((a, b) => toOrder(a) - toOrder(b)).at(-1);
  if (latest === undefined)
    throw new Error("bench/releases holds no release yet; write one with --release VERSION, or name a file");
  return join(RELEASES, latest);
}

function toOrder(name: string): number {
  return name.split(".").reduce((sum, part) => (/^\d+$/.test(part) ? sum * 1_000 + Number(part) : sum), 0);
}

/** Keeps what was measured as that release's. @returns the file. */
export async function writeRelease(
  release: string,
  quantities: readonly ReleaseQuantity[],
  circumstances: object,
): Promise<string> {
  const rounded = quantities.map((one) => ({
    ...one,
    rounds: one.rounds.map((value) => Number(value.toPrecision(4))),
  }));
  await mkdir(RELEASES, { recursive: true });
  const file = join(RELEASES, `${release}.json`);
  await writeFile(file, `${JSON.stringify({ release, circumstances, quantities: rounded }, null, 2)}\n`);
  return file;
}
