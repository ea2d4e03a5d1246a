// `npm run bench:worker`: what no plan can be made of, and an operator asks all the same: how soon after its
// claim a request is on the way, what a worker process holds at full load, and what a second one adds.

import { parseArgs } from "node:util";
import { DURATION_RULE, parseDuration } from "@postrider/shared/duration";
import { BASE } from "../curves/axes.ts";
import { checkSystem, measureAlone, openStand } from "../stand.ts";
import { formatSpread } from "../statistics.ts";
import { type ClaimLatency, measureClaimLatency } from "./claim-latency.ts";
import { measureProcesses } from "./more-processes.ts";
import { type MemorySample, measureMemory } from "./resident-memory.ts";

const HELP = `npm run bench:worker -- latency|memory|processes [options]
  latency            p99 from claim to the request's head at the receiver, at a rate
    --rate N         deliveries a second (10000)
    --latency MS     of each answer (50)
    --in-flight N    at once (1000)
    --for TIME       how long (30s)
  memory             resident memory at full load, over time
    --destinations N (10000)
    --answer N       bytes of each answer (65536)
    --in-flight N    at once (100)
    --for TIME       how long (30m)
  processes          what two processes carry, against one
    --share N        of a core that each may use, in hundredths (40; at most 90)
    --latency MS     of each answer (20)
    --in-flight N    at once, in each (200)
    --for TIME       how long each time (10s)
    --rounds N       (5)`;

/** Beyond it a process would be stopped about when it is to go on. */
const SHARE_MAX = 90;

const MEASURES = { latency, memory, processes };

function toMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new Error(`--for ${text}: ${DURATION_RULE}`);
  return ms;
}

function toCount(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: a number of 1 or more`);
  return value;
}

function readOptions() {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rate: text,
      latency: text,
      "in-flight": text,
      for: text,
      destinations: text,
      answer: text,
      rounds: text,
      share: text,
      help: { type: "boolean" },
    },
  });
  const [what = ""] = positionals;
  if (values.help === true || !(what in MEASURES)) {
    console.log(HELP);
    process.exit(values.help === true ? 0 : 1);
  }
  return { what: what as keyof typeof MEASURES, values };
}

type Values = ReturnType<typeof readOptions>["values"];

async function latency(values: Values): Promise<void> {
  const options = {
    ratePerSecond: toCount("rate", values.rate ?? "10000"),
    latencyMs: toCount("latency", values.latency ?? "50"),
    inFlight: toCount("in-flight", values["in-flight"] ?? "1000"),
    forMs: toMs(values.for ?? "30s"),
  };
  const bench = await openStand(BASE.inFlight, say);
  console.log(describeLatency(await measureClaimLatency(bench, options)));
}

function describeLatency({
  perSecond,
  count,
  toReceiverMs,
  toClientMs,
  workerLoad,
  behind,
}: ClaimLatency): string {
  const describe = (quantiles: ClaimLatency["toClientMs"]): string =>
    quantiles === null
      ? "none was traced"
      : `p50 ${quantiles.p50.toFixed(1)} ms, p99 ${quantiles.p99.toFixed(1)} ms, most ${quantiles.max.toFixed(1)} ms`;
  return [
    `${Math.round(perSecond)} a second, the worker ${Math.round(100 * workerLoad)} % busy, ${behind} behind at the end; ${count} deliveries traced`,
    `from claim to the request's head at the receiver: ${describe(toReceiverMs)}`,
    `from claim to handing the request to the HTTP client: ${describe(toClientMs)}`,
  ].join("\n");
}

async function memory(values: Values): Promise<void> {
  const options = {
    destinations: toCount("destinations", values.destinations ?? "10000"),
    answerBytes: toCount("answer", values.answer ?? "65536"),
    inFlight: toCount("in-flight", values["in-flight"] ?? String(BASE.inFlight)),
    forMs: toMs(values.for ?? "30m"),
  };
  const bench = await openStand(BASE.inFlight, say);
  const samples = await measureMemory(bench, options, ({ seconds, residentBytes, delivered }) =>
    console.log(`${seconds} s: ${toMb(residentBytes)} MB, ${delivered} delivered`),
  );
  console.log(describeMemory(samples));
}

/** The halves are compared after the first tenth, in which a process fills its heap. */
function describeMemory(samples: readonly MemorySample[]): string {
  const settled = samples.slice(Math.floor(samples.length / 10));
  const most = Math.max(...samples.map(({ residentBytes }) => residentBytes));
  const average = (some: readonly MemorySample[]): number =>
    some.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / Math.max(1, some.length);
  const half = Math.ceil(settled.length / 2);
  return `at most ${toMb(most)} MB; on average ${toMb(average(settled.slice(0, half)))} MB in the first half, ${toMb(average(settled.slice(half)))} MB in the second`;
}

async function processes(values: Values): Promise<void> {
  const options = {
    share: Math.min(SHARE_MAX, toCount("share", values.share ?? "40")) / 100,
    latencyMs: toCount("latency", values.latency ?? "20"),
    inFlight: toCount("in-flight", values["in-flight"] ?? "200"),
    forMs: toMs(values.for ?? "10s"),
    rounds: toCount("rounds", values.rounds ?? "5"),
  };
  const bench = await openStand(BASE.inFlight, say);
  const { one, two, carries } = await measureProcesses(bench, options);
  for (const [name, { perSecond, nodeMicros, redisMicros }] of Object.entries({ one, two }))
    console.log(
      `${name}: ${formatSpread(perSecond, 0)} a second, each ${formatSpread(nodeMicros, 1)} µs of node, ${formatSpread(redisMicros, 1)} µs of Redis`,
    );
  console.log(`for their CPU time two processes carry ${formatSpread(carries, 2)} times what one does`);
}

function toMb(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function say(line: string): void {
  console.error(line);
}

await measureAlone("bench:worker", async () => {
  const { what, values } = readOptions();
  checkSystem();
  await MEASURES[what](values);
});
