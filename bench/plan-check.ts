// `npm run plan:check`: what the capacity planner says of a load, beside what the same load is measured to
// take, with as many workers as were planned. Ends with 1 where one of the figures is further off than the
// planner may be.

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { MEASURED_COSTS } from "@postrider/cli/plan/measured-costs";
import { type CapacityPlan, planCapacity } from "@postrider/cli/plan/plan-capacity";
import { describeAmount, describeBytes } from "@postrider/cli/plan/plan-rows";
import type { PlannedLoad } from "@postrider/cli/plan/planned-load";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Bench } from "./measure.ts";
import { measureWaiting, type Paced, startPaced } from "./paced.ts";
import { checkSystem, measureAlone, openStand } from "./stand.ts";

const OFF_MAX = 0.3;

const HELP = `npm run plan:check -- [options]
  --rate N       deliveries a second (1000)
  --latency MS   of each answer (50)
  --backlog N    that waits at once (20000)
  --payload N    bytes of a customer (1000)
  --failures N   share of requests that are refused (0.05)
  --shards N     at least, all on one Redis (1)
  --for SECONDS  how long the load lasts (20)`;

interface Compared {
  readonly what: string;
  readonly planned: number;
  readonly measured: number;
  /** The planned figure is a bound rather than an average. */
  readonly isBound?: true;
  readonly describe: (value: number) => string;
}

interface CheckedLoad extends PlannedLoad {
  readonly forMs: number;
  readonly shardsMin: number;
}

function readOptions(): CheckedLoad {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      rate: text,
      latency: text,
      backlog: text,
      payload: text,
      failures: text,
      for: text,
      shards: text,
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    process.exit(0);
  }
  const read = (name: Exclude<keyof typeof values, "help">, byDefault: number, min: number): number => {
    const value = Number(values[name] ?? byDefault);
    if (!(value >= min))
      throw new Error(`--${name} must be a number of ${min} or more, not "${values[name]}"`);
    return value;
  };
  const ratePerSecond = read("rate", 1_000, 1);
  return {
    ratePerSecond,
    latencyMs: read("latency", 50, 0),
    backlog: read("backlog", 20_000, 1),
    payloadBytes: read("payload", 1_000, MEASURED_COSTS.payloadBytes),
    failures: read("failures", 0.05, 0),
    forMs: 1_000 * read("for", 20, 1),
    shardsMin: Math.floor(read("shards", 1, 1)),
    perDay: ratePerSecond,
    ownLanes: 0,
  };
}

function toPlan({ shardsMin, ...load }: CheckedLoad): CapacityPlan {
  const settings = { ...readSettings({}), shards: shardsMin };
  return planCapacity(load, settings, MEASURED_COSTS);
}

const WARM_UP = { ratePerSecond: 2_000, forMs: 6_000, latencyMs: 0, payloadBytes: 200, failures: 0 };

async function measureLoad(
  bench: Bench,
  { workers: { processes, concurrency }, shards: { count: shards } }: CapacityPlan,
  load: CheckedLoad,
): Promise<Paced> {
  const workers = await startPaced(
    { ...bench, world: { ...bench.world, concurrency } },
    { processes, concurrency, shards },
  );
  try {
    await workers.measure(WARM_UP);
    return await workers.measure(load);
  } finally {
    await workers.close();
  }
}

/** What was measured until the last delivery came, over the time in which they were due. */
function compare({ report, ...rates }: Paced, waiting: number, load: CheckedLoad): readonly Compared[] {
  const { receiver, arrived, refused, tookMs } = report;
  // Which own lanes a load makes is not the planner's to know.
  const plan = toPlan({ ...load, ownLanes: rates.ownLanes });
  const { workers, shards } = plan;
  const stretch = tookMs / load.forMs;
  const seconds = load.forMs / 1_000;
  const cores = (value: number): string => `${describeAmount(value)} cores`;
  const count = describeAmount;
  const perSecond = (value: number): string => `${describeBytes(value)}/s`;
  return [
    {
      what: "attempts a second",
      planned: plan.attemptsPerSecond,
      measured: (arrived + refused) / seconds,
      describe: count,
    },
    {
      what: "workers' CPU",
      planned: workers.cores,
      measured: (rates.nodeMicros * stretch) / 1e6,
      describe: cores,
    },
    {
      what: "Redis' CPU",
      planned: shards.cores,
      measured: (rates.redisMicros * stretch) / 1e6,
      describe: cores,
    },
    {
      what: "in flight",
      planned: workers.inFlight,
      measured: receiver.answeringMs / load.forMs,
      describe: count,
    },
    {
      what: "sockets to destinations",
      planned: workers.processes * workers.concurrency,
      measured: receiver.sockets,
      isBound: true,
      describe: count,
    },
    {
      what: "connections to Redis",
      planned: shards.connections * shards.count,
      measured: rates.redisConnections,
      isBound: true,
      describe: count,
    },
    {
      what: "backlog in Redis",
      planned: shards.count * shards.memory.waiting,
      measured: waiting,
      describe: describeBytes,
    },
    {
      what: "network of requests",
      planned: workers.networkBits / 8,
      measured: (receiver.requestBytes + receiver.answerBytes) / seconds,
      describe: perSecond,
    },
    {
      what: "network of Redis",
      planned: (shards.count * shards.networkBits) / 8,
      measured: (rates.redisReadBytes + rates.redisWrittenBytes) * stretch,
      describe: perSecond,
    },
  ];
}

/** Measured to planned, less one. */
function offBy({ planned, measured }: Compared): number {
  return planned === measured ? 0 : measured / planned - 1;
}

function isHeld(compared: Compared): boolean {
  const off = offBy(compared);
  return compared.isBound === true ? off <= 0 : Math.abs(off) <= OFF_MAX;
}

function print(all: readonly Compared[]): void {
  const cells = all.map((compared) => {
    const { what, planned, measured, isBound, describe } = compared;
    const off = isBound === true ? "at most" : `${(100 * offBy(compared)).toFixed(0)} %`;
    return [what, describe(planned), describe(measured), off, isHeld(compared) ? "" : "too far off"];
  });
  const rows = [["", "planned", "measured", "off by", ""], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    );
}

async function run(): Promise<void> {
  const load = readOptions();
  checkSystem();
  const say = (line: string): void => console.error(line);
  const [busy = 0] = loadavg();
  if (busy > cpus().length / 2)
    say(`others work on this machine (load average ${busy.toFixed(1)}): what is slow by that is off as well`);
  const plan = toPlan(load);
  const bench = await openStand(plan.workers.concurrency, say);
  const { backlog, payloadBytes } = load;
  const waiting = backlog * (await measureWaiting(bench, { payloadBytes, count: backlog }));
  const all = compare(await measureLoad(bench, plan, load), waiting, load);
  print(all);
  if (!all.every(isHeld)) process.exitCode = 1;
}

await measureAlone("plan:check", run);
