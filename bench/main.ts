// `npm run bench`: what a delivery costs in Postrider, against the floor and against a first script. One
// Redis and one sink for the whole run, rounds interleaved in rotating order, medians and spread as a table
// and as JSON. README.md says the rest.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type ApartOptions, measureApart } from "./apart.ts";
import { keepingLess, keepingNothing, postrider, severalShards } from "./cases/postrider.ts";
import { type Case, firstScript, floor } from "./cases.ts";
import { type CompositionMeasurement, measureComposition } from "./composition.ts";
import { type EnqueueMeasurement, measureEnqueue } from "./enqueue.ts";
import { describeGuard, measureGuard } from "./guard.ts";
import { type Bench, type Measurement, measure } from "./measure.ts";
import { type Rounds, toJson, toText } from "./report.ts";
import { measureSigning } from "./signing.ts";
import { checkSystem, measureAlone, openStand } from "./stand.ts";
import { toSpreads } from "./statistics.ts";

const CASES = [floor, firstScript, postrider, keepingNothing];
/** Measured where they are named alone: what each is the difference of is little. */
const CASES_ON_DEMAND = [...keepingLess, ...severalShards];
/** What `--only` calls the measurement of composing alone. */
const COMPOSITION = "composition";
/** And of a run through the API. */
const STREAMING = "streaming";
/** And of single deliveries by POST. */
const POSTS = "posts";
/** And of what the capacity planner has to know; only where it is named. */
const PLANNING = "plan";
const NAMES = [
  ...[...CASES, ...CASES_ON_DEMAND].map(({ name }) => name),
  COMPOSITION,
  STREAMING,
  POSTS,
  PLANNING,
];

const HELP = `npm run bench -- [options]
  --deliveries N   measured in each round (20000)
  --warm-up N      delivered before, in the same process (15000)
  --rounds N       of all cases, interleaved (5)
  --concurrency N  deliveries in flight (100)
  --only NAMES     of ${NAMES.join(",")}
  --json FILE      also writes the results there`;

interface Options extends ApartOptions {
  readonly cases: readonly Case[];
  readonly isComposing: boolean;
  readonly json: string | undefined;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const names = {
    deliveries: text,
    "warm-up": text,
    rounds: text,
    concurrency: text,
    only: text,
    json: text,
  };
  const { values } = parseArgs({ options: { ...names, help: { type: "boolean" } } });
  if (values.help === true) {
    console.log(HELP);
    process.exit(0);
  }
  const count = (value: string | undefined, byDefault: number): number => {
    const number = Number(value ?? byDefault);
    if (!Number.isInteger(number) || number < 1) throw new Error(`"${value}" is not a number of 1 or more`);
    return number;
  };
  const only = values.only?.split(",");
  const named = [...CASES, ...CASES_ON_DEMAND].filter(({ name }) => only?.includes(name));
  const cases = only === undefined ? CASES : named;
  const unknown = only?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${NAMES.join(", ")}`);
  return {
    deliveries: count(values.deliveries, 20_000),
    warmUp: count(values["warm-up"], 15_000),
    rounds: count(values.rounds, 5),
    concurrency: count(values.concurrency, 100),
    cases,
    isComposing: only === undefined || only.includes(COMPOSITION),
    isStreaming: only === undefined || only.includes(STREAMING),
    isPosting: only === undefined || only.includes(POSTS),
    isPlanning: only?.includes(PLANNING) ?? false,
    json: values.json,
  };
}

async function run(options: Options): Promise<void> {
  const bench = await openStand(options.concurrency, say);
  const { lane, sink } = bench;
  const rounds = {
    composition: compose(options),
    ...(await runRounds(bench, options)),
    ...(await measureApart(bench, options, say)),
  };
  console.log(`\n${toText(rounds)}`);
  const ours = rounds.deliveries.get(postrider.name);
  const guard = await measureGuard(ours === undefined ? null : toSpreads(ours).nodeMicrosPerDelivery.median);
  console.log(`\n${describeGuard(guard)}`);
  if (options.json !== undefined) {
    const { deliveries, warmUp, concurrency } = options;
    const circumstances = {
      deliveries,
      warmUp,
      rounds: options.rounds,
      concurrency,
      sink: sink.name,
      redis: await lane.version(),
    };
    await writeFile(options.json, toJson(rounds, guard, circumstances));
  }
}

function compose({ isComposing, rounds }: Options): Map<string, CompositionMeasurement[]> {
  if (!isComposing) return new Map();
  say("composing");
  return measureComposition(rounds);
}

async function runRounds(
  bench: Bench,
  { cases, rounds, deliveries, warmUp }: Options,
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
