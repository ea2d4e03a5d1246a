// What `npm run bench` is asked for.

import { parseArgs } from "node:util";
import type { ApartOptions } from "./apart.ts";
import { keepingLess, keepingNothing, postrider, severalShards } from "./cases/postrider.ts";
import { type Case, firstScript, floor } from "./cases.ts";
import { COMPARED_ROUNDS_MIN } from "./compare.ts";

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
  --json FILE      also writes the results there
  --compare [FILE] tells what moved since a release, the latest or this file; 1 where something got worse
  --release V      keeps the ratios as those of release V in bench/releases`;

export interface BenchOptions extends ApartOptions {
  readonly cases: readonly Case[];
  /** In flight. */
  readonly concurrency: number;
  readonly isComposing: boolean;
  readonly json: string | undefined;
  /** The release that is compared with, its file where one is named; undefined: none. */
  readonly compared: { readonly file: string | undefined } | undefined;
  readonly release: string | undefined;
}

function count(value: string | undefined, byDefault: number): number {
  const number = Number(value ?? byDefault);
  if (!Number.isInteger(number) || number < 1) throw new Error(`"${value}" is not a number of 1 or more`);
  return number;
}

function refuseUnclear(positionals: readonly string[], isCompared: boolean): void {
  if (positionals.length > (isCompared ? 1 : 0))
    throw new Error(`what is ${positionals.at(-1)}? --help tells`);
}

function checkRelease(release: string | undefined, isCompared: boolean, rounds: number): void {
  if (release !== undefined && !/^\d+\.\d+\.\d+$/.test(release))
    throw new Error("--release takes a version such as 1.2.3");
  if ((isCompared || release !== undefined) && rounds < COMPARED_ROUNDS_MIN)
    throw new Error(`a release takes ${COMPARED_ROUNDS_MIN} rounds or more: their spread is the noise`);
}

export function readOptions(): BenchOptions {
  const text = { type: "string" } as const;
  const names = {
    deliveries: text,
    "warm-up": text,
    rounds: text,
    concurrency: text,
    only: text,
    json: text,
    release: text,
  };
  const { values, positionals } = parseArgs({
    options: { ...names, compare: { type: "boolean" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(HELP);
    process.exit(0);
  }
  const only = values.only?.split(",");
  const named = [...CASES, ...CASES_ON_DEMAND].filter(({ name }) => only?.includes(name));
  const cases = only === undefined ? CASES : named;
  const unknown = only?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${NAMES.join(", ")}`);
  const rounds = count(values.rounds, 5);
  const compared = values.compare === true ? { file: positionals[0] } : undefined;
  refuseUnclear(positionals, compared !== undefined);
  checkRelease(values.release, compared !== undefined, rounds);
  return {
    deliveries: count(values.deliveries, 20_000),
    warmUp: count(values["warm-up"], 15_000),
    rounds,
    concurrency: count(values.concurrency, 100),
    cases,
    isComposing: only === undefined || only.includes(COMPOSITION),
    isStreaming: only === undefined || only.includes(STREAMING),
    isPosting: only === undefined || only.includes(POSTS),
    isPlanning: only?.includes(PLANNING) ?? false,
    json: values.json,
    compared,
    release: values.release,
  };
}
