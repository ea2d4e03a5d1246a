// What the bench prints and writes.

import { cpus } from "node:os";
import type { CompositionMeasurement } from "./composition.ts";
import type { EnqueueMeasurement } from "./enqueue.ts";
import type { GuardMeasurement } from "./guard.ts";
import { describeKept, toKept } from "./kept.ts";
import type { Measurement, Size } from "./measure.ts";
import type { PlanCosts } from "./plan-costs.ts";
import type { PostsMeasurement } from "./posts.ts";
import type { SigningCost } from "./signing.ts";
import { formatSpread, type Spread, toRatio, toSpreads } from "./statistics.ts";
import type { StreamingMeasurement } from "./streaming.ts";

/** All rounds of each case, by name. */
export interface Rounds {
  readonly deliveries: ReadonlyMap<string, readonly Measurement[]>;
  readonly enqueue: ReadonlyMap<string, readonly EnqueueMeasurement[]>;
  readonly composition: ReadonlyMap<string, readonly CompositionMeasurement[]>;
  readonly streaming: readonly StreamingMeasurement[];
  readonly posts: readonly PostsMeasurement[];
  readonly planning: readonly PlanCosts[];
  readonly signing: SigningCost;
}

export interface Circumstances extends Size {
  readonly rounds: number;
  readonly concurrency: number;
  readonly sink: string;
  readonly redis: string;
}

/** The tables for people. */
export function toText(rounds: Rounds): string {
  const parts = [
    formatTable(
      ["case", "deliveries/s", "node µs", "Redis µs", "deliveries/CPU-s", "Redis bytes kept", "sink load"],
      [...rounds.deliveries].map(([name, measurements]) => {
        const {
          deliveriesPerSecond,
          nodeMicrosPerDelivery,
          redisMicrosPerDelivery,
          deliveriesPerCpuSecond,
          keptBytesPerDelivery,
          sinkLoad,
        } = toSpreads(measurements);
        return [
          name,
          formatSpread(deliveriesPerSecond),
          formatSpread(nodeMicrosPerDelivery),
          formatSpread(redisMicrosPerDelivery),
          formatSpread(deliveriesPerCpuSecond),
          formatSpread(keptBytesPerDelivery),
          formatSpread(sinkLoad, 2),
        ];
      }),
    ),
    [...toRatios(rounds.deliveries)]
      .map(([pair, ratio]) => `${pair}, deliveries per CPU-second: ${formatSpread(ratio, 2)}`)
      .join("\n"),
    describeKept(rounds.deliveries),
    formatTable(
      ["enqueue", "deliveries/s", "node µs", "Redis µs", "Redis bytes waiting"],
      [...rounds.enqueue].map(([name, measurements]) => {
        const { enqueuedPerSecond, nodeMicrosPerDelivery, redisMicrosPerDelivery, redisBytesPerDelivery } =
          toSpreads(measurements);
        return [
          name,
          formatSpread(enqueuedPerSecond),
          formatSpread(nodeMicrosPerDelivery),
          formatSpread(redisMicrosPerDelivery),
          formatSpread(redisBytesPerDelivery),
        ];
      }),
    ),
    formatTable(
      ["composition", "compose µs", "renderSync µs", "compose / renderSync"],
      [...rounds.composition].map(([name, measurements]) => {
        const { composeMicros, renderSyncMicros } = toSpreads(measurements);
        return [
          name,
          formatSpread(composeMicros, 1),
          formatSpread(renderSyncMicros, 1),
          formatSpread(toCompositionRatio(measurements), 2),
        ];
      }),
    ),
    describeStreaming(rounds.streaming),
    describePosts(rounds.posts),
    describeSigning(rounds),
    "Medians of the rounds, with the least and the greatest in brackets.",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The same for programs: medians at the top of each result, then their spread, then every round. */
export function toJson(rounds: Rounds, guard: GuardMeasurement, circumstances: Circumstances): string {
  const report = {
    results: [...rounds.deliveries].map(([name, measurements]) => toResult(name, measurements)),
    ratiosOfDeliveriesPerCpuSecond: Object.fromEntries(toRatios(rounds.deliveries)),
    enqueue: [...rounds.enqueue].map(([name, measurements]) => toResult(name, measurements)),
    composition: [...rounds.composition].map(([name, measurements]) => ({
      ...toResult(name, measurements),
      ratioOfComposeToRenderSync: toCompositionRatio(measurements),
    })),
    streaming: {
      ...toResult("streaming", rounds.streaming),
      ratioOfDeliveriesPerCpuSecond: toStreamingRatio(rounds.streaming),
    },
    kept: Object.fromEntries(toKept(rounds.deliveries)),
    posts: {
      ...toResult("posts", rounds.posts),
      ratioOfDeliveriesPerCpuSecond: toPostsRatio(rounds.posts),
    },
    plan: rounds.planning,
    signing: { ...rounds.signing, shareOfDelivery: toSigningShare(rounds) },
    guard,
    circumstances: { ...circumstances, ...machine() },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** What figures belong to. */
export function machine() {
  return { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model };
}

function toCompositionRatio(rounds: readonly CompositionMeasurement[]): Spread {
  return toRatio(
    rounds.map(({ composeMicros }) => composeMicros),
    rounds.map(({ renderSyncMicros }) => renderSyncMicros),
  );
}

/** Of the CPU time that a delivery costs in node and Redis; null where Postrider was not measured. */
function toSigningShare({ deliveries, signing }: Rounds): number | null {
  const ours = deliveries.get("postrider");
  if (ours === undefined || ours.length === 0) return null;
  const { nodeMicrosPerDelivery, redisMicrosPerDelivery } = toSpreads(ours);
  return signing.microsPerDelivery.median / (nodeMicrosPerDelivery.median + redisMicrosPerDelivery.median);
}

/** Of deliveries per CPU-second: through the API, to the library's. */
function toStreamingRatio(rounds: readonly StreamingMeasurement[]): Spread {
  return toRatio(
    rounds.map(({ libraryMicrosPerDelivery }) => libraryMicrosPerDelivery),
    rounds.map(({ apiMicrosPerDelivery }) => apiMicrosPerDelivery),
  );
}

function describeStreaming(rounds: readonly StreamingMeasurement[]): string {
  if (rounds.length === 0) return "";
  const { apiMicrosPerDelivery, libraryMicrosPerDelivery } = toSpreads(rounds);
  return `enqueueing NDJSON through the API: ${formatSpread(apiMicrosPerDelivery)} µs, by the library ${formatSpread(libraryMicrosPerDelivery)} µs; per CPU-second ${formatSpread(toStreamingRatio(rounds), 2)}`;
}

/** Of deliveries per CPU-second: through the API, to those of the bare one. */
function toPostsRatio(rounds: readonly PostsMeasurement[]): Spread {
  return toRatio(
    rounds.map(({ bareMicrosPerDelivery }) => bareMicrosPerDelivery),
    rounds.map(({ apiMicrosPerDelivery }) => apiMicrosPerDelivery),
  );
}

function describePosts(rounds: readonly PostsMeasurement[]): string {
  if (rounds.length === 0) return "";
  const { apiMicrosPerDelivery, bareMicrosPerDelivery } = toSpreads(rounds);
  return `single POSTs: ${formatSpread(apiMicrosPerDelivery)} µs, by a bare Fastify with addBulk ${formatSpread(bareMicrosPerDelivery)} µs; per CPU-second ${formatSpread(toPostsRatio(rounds), 2)}`;
}

function describeSigning(rounds: Rounds): string {
  const share = toSigningShare(rounds);
  const part = share === null ? "" : `, ${(100 * share).toFixed(1)} % of a delivery`;
  return `signing (Standard Webhooks, one secret): ${formatSpread(rounds.signing.microsPerDelivery, 1)} µs${part}`;
}

function toResult<T extends object>(name: string, rounds: readonly T[]) {
  const spread = toSpreads(rounds);
  const medians = Object.fromEntries(
    Object.entries<Spread>(spread).map(([quantity, { median }]) => [quantity, median]),
  );
  return { name, ...medians, spread, rounds };
}

function toRatios(deliveries: Rounds["deliveries"]): Map<string, Spread> {
  const ours = deliveries.get("postrider");
  const others = [...deliveries].filter(([name]) => name !== "postrider");
  if (ours === undefined) return new Map();
  const perCpuSecond = (rounds: readonly Measurement[]) =>
    rounds.map((round) => round.deliveriesPerCpuSecond);
  return new Map(
    others.map(([name, theirs]) => [
      `postrider / ${name}`,
      toRatio(perCpuSecond(ours), perCpuSecond(theirs)),
    ]),
  );
}

/** Columns as wide as their widest cell, the first to the left and the others to the right. */
function formatTable(head: readonly string[], body: readonly (readonly string[])[]): string {
  if (body.length === 0) return "";
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((row) => row[column]?.length ?? 0)),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("   ");
  const title = format(head);
  return [title, "─".repeat(title.length), ...body.map(format)].join("\n");
}
