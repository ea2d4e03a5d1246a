// `npm run bench`: what a delivery costs in Postrider, against the floor and against a first script. One
// Redis and one sink for the whole run, rounds interleaved in rotating order, medians and spread as a table
// and as JSON. README.md says the rest.

import { writeFile } from "node:fs/promises";
import { measureApart } from "./apart.ts";
import { type BenchOptions, readOptions } from "./bench-options.ts";
import { postrider } from "./cases/postrider.ts";
import { type Case, floor } from "./cases.ts";
import {
  compare,
  describeComparison,
  type ReleaseFigures,
  type ReleaseQuantity,
  readRelease,
  toQuantities,
  writeRelease,
} from "./compare.ts";
import { type CompositionMeasurement, measureComposition } from "./composition.ts";
import { type EnqueueMeasurement, measureEnqueue } from "./enqueue.ts";
import { describeGuard, measureGuard } from "./guard.ts";
import { type Bench, type Measurement, measure } from "./measure.ts";
import { machine, type Rounds, toJson, toText } from "./report.ts";
import { measureSigning } from "./signing.ts";
import { checkSystem, measureAlone, openStand } from "./stand.ts";
import { toSpreads } from "./statistics.ts";

async function run(options: BenchOptions): Promise<void> {
  // Before a run of minutes that could not be compared with it.
  const before = options.compared && (await readRelease(options.compared.file));
  const bench = await openStand(options.concurrency, say);
  const rounds = {
    composition: compose(options),
    ...(await runRounds(bench, options)),
    ...(await measureApart(bench, options, say)),
  };
  console.log(`\n${toText(rounds)}`);
  const ours = rounds.deliveries.get(postrider.name);
  const guard = await measureGuard(ours === undefined ? null : toSpreads(ours).nodeMicrosPerDelivery.median);
  console.log(`\n${describeGuard(guard)}`);
  const { deliveries, warmUp, concurrency } = options;
  const redis = await bench.lane.version();
  const circumstances = {
    deliveries,
    warmUp,
    rounds: options.rounds,
    concurrency,
    sink: bench.sink.name,
    redis,
  };
  if (options.json !== undefined) await writeFile(options.json, toJson(rounds, guard, circumstances));
  const quantities = toQuantities(rounds);
  if (options.release !== undefined)
    say(`${await writeRelease(options.release, quantities, { ...circumstances, ...machine() })} is written`);
  if (before !== undefined) hold(before, quantities);
}

/** Ends the bench with 1 where something got worse. */
function hold(before: ReleaseFigures, quantities: readonly ReleaseQuantity[]): void {
  const compared = compare(before, quantities);
  console.log(`\n${describeComparison(before.release, compared)}`);
  if (compared.some(({ verdict }) => verdict === "worse")) process.exitCode = 1;
}

function compose({ isComposing, rounds }: BenchOptions): Map<string, CompositionMeasurement[]> {
  if (!isComposing) return new Map();
  say("composing");
  return measureComposition(rounds);
}

async function runRounds(
  bench: Bench,
  { cases, rounds, deliveries, warmUp }: BenchOptions,
): Promise<Omit<Rounds, "composition" | "streaming" | "posts" | "planning">> {
  const size = { deliveries, warmUp };
  const delivered = new Map<string, Measurement[]>(cases.map(({ name }) => [name, []]));
  const enqueued = new Map<string, EnqueueMeasurement[]>(
    cases.filter(isEnqueueMeasured).map(({ name }) => [name, []]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const subject of rotate(cases, round)) {
      const measurement = await measure(subject, bench, size);
      delivered.get(subject.name)?.push(measurement);
      say(`round ${round + 1} of ${rounds}: ${subject.name} ${describe(measurement)}`);
    }
    for (const subject of rotate(cases.filter(isEnqueueMeasured), round)) {
      const measurement = await measureEnqueue(subject, bench, size);
      enqueued.get(subject.name)?.push(measurement);
      say(
        `round ${round + 1} of ${rounds}: ${subject.name} enqueues ${Math.round(measurement.enqueuedPerSecond)}/s`,
      );
    }
  }
  return { deliveries: delivered, enqueue: enqueued, signing: measureSigning() };
}

/** The first script enqueues as the floor does. */
function isEnqueueMeasured(subject: Case): boolean {
  return subject === floor || subject === postrider;
}

/** Each case comes first equally often: a machine that slows down over a round slows all down. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function describe({
  deliveriesPerSecond,
  nodeMicrosPerDelivery,
  redisMicrosPerDelivery,
  repeats,
}: Measurement): string {
  const figures = `${Math.round(deliveriesPerSecond)}/s, node ${Math.round(nodeMicrosPerDelivery)} µs, Redis ${Math.round(redisMicrosPerDelivery)} µs`;
  return repeats === 0 ? figures : `${figures}, ${repeats} requests repeated`;
}

function say(line: string): void {
  console.error(line);
}

await measureAlone("bench", async () => {
  const options = readOptions();
  checkSystem();
  await run(options);
});
