// The demo: 10,000 customers, three actions, two workers, a receiver that behaves like a real API, a worker
// killed on the way; and then the receiver's own record held against what was asked for. Exits 1 when
// anything was lost or altered.

import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { whenToldToStop } from "@postrider/cli/told-to-stop";
import { createProducer, type Producer } from "@postrider/producer";
import type { Run } from "@postrider/producer/runs/run";
import { type Checked, check, EXPECTATIONS } from "./check.ts";
import { type DemoCustomer, makeCustomers } from "./customers.ts";
import { borrowDatabase } from "./database.ts";
import { addHistogram, type Buckets, quantile } from "./latency.ts";
import { createProcesses, type Processes, stop } from "./processes.ts";
import type { Received } from "./receiver.ts";

/** A test plays it with fewer. */
const CUSTOMERS = Number(process.env["DEMO_CUSTOMERS"] ?? 10_000);
const SEED = 20_261_124;
const KILL_AFTER = Math.round(CUSTOMERS * 0.6);
const LIMIT_MS = 240_000;
const POLL_MS = 50;
const ACTIONS = Object.keys(EXPECTATIONS);

const startedAt = Date.now();
function say(text: string): void {
  console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${text}`);
}

/** Process without which this one has no purpose: npm, where npm runs it. */
const PARENT = process.argv[2] === undefined ? undefined : Number(process.argv[2]);

async function main(): Promise<number> {
  let stop: (how: string) => void = () => undefined;
  const stopped = new Promise<string>((resolve) => {
    stop = resolve;
  });
  whenToldToStop((why) => stop(why), PARENT);
  const directory = await mkdtemp(join(tmpdir(), "postrider-demo-"));
  // What was started, to be ended in the reverse order.
  const closers: (() => Promise<unknown>)[] = [];
  let end: boolean | string = false;
  try {
    end = await Promise.race([prepareAndPlay(directory, closers), stopped]);
  } finally {
    for (const close of closers.reverse()) await close();
    if (end === false) console.log(`\nlogs and the receiver's record are kept in ${directory}`);
    else await rm(directory, { recursive: true });
  }
  if (typeof end !== "string") return end ? 0 : 1;
  say(`stopped (${end}); nothing is left behind`);
  return 1;
}

async function prepareAndPlay(directory: string, closers: (() => Promise<unknown>)[]): Promise<boolean> {
  const configured = process.env["POSTRIDER_REDIS_URL"];
  const provided = await provideRedis({ url: configured, say, path: process.env["PATH"] ?? "" });
  closers.push(() => provided.stop());
  let { url } = provided;
  if (configured !== undefined && configured !== "") {
    const borrowed = await borrowDatabase(configured);
    closers.push(() => borrowed.giveBack());
    url = borrowed.url;
    say(`in its database ${new URL(url).pathname.slice(1)}, which was empty and will be again`);
  }
  const producer = await createProducer({ redis: url });
  closers.push(() => producer.close());
  const processes = createProcesses(directory, {
    POSTRIDER_REDIS_URL: url,
    // The demo's receiver is on this machine, which the guard refuses by default.
    POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
    POSTRIDER_LANES: "bulk",
    // Short, so that what the killed worker held is soon taken up again; long enough for a machine that has
    // other things to do, whose living workers must not be taken for dead.
    POSTRIDER_LOCK_MS: "10000",
    POSTRIDER_STALLED_CHECK_MS: "2000",
    // A worker that has lost the demo has nothing to wait for.
    POSTRIDER_SHUTDOWN_GRACE_MS: "3000",
    POSTRIDER_LOG_LEVEL: "info",
  });
  closers.push(() => processes.stopAll());
  return play(directory, processes, producer);
}

async function play(directory: string, processes: Processes, producer: Producer): Promise<boolean> {
  const customers = [...makeCustomers(CUSTOMERS, SEED)];
  const file = join(directory, "customers.ndjson");
  await writeFile(file, customers.map((customer) => JSON.stringify(customer)).join("\n"));
  say(`${CUSTOMERS} customers in ${file}`);

  const recordPath = join(directory, "received.ndjson");
  const receiver = processes.start("receiver", "receiver", [recordPath]);
  const { port } = JSON.parse(await firstMatch(receiver, /\{"port":\d+\}/)) as { port: number };
  say(`receiver on port ${port}: 4 % 503, 2 % 429, 1 % resets, 2 % slow, a few 400 and 410`);
  await applyActions(directory, port, processes);

  const workers = await Promise.all([startWorker(processes, "worker-1"), startWorker(processes, "worker-2")]);
  say("two workers");
  const deliveringSince = Date.now();
  const enqueued = ACTIONS.map((action) =>
    processes.postrider("enqueue", action, "--customers", file, "--run", `demo-${action}`, "--json"),
  );
  const killed = killOne(workers, processes, producer);
  // Where enqueueing fails, nobody waits for it any more.
  killed.catch(() => undefined);
  await Promise.all(enqueued);
  say(`${ACTIONS.length * CUSTOMERS} deliveries enqueued, by ${ACTIONS.length} producers`);
  await killed;
  const runs = await untilEnded(producer);
  const seconds = (Date.now() - deliveringSince) / 1_000;
  say("all ended");

  const latency = await readLatency(workers);
  const failed = await readFailed(producer);
  await stop(receiver);
  const record = (await readFile(recordPath, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Received);
  return report({ runs, seconds, latency, checks: checkAll(customers, record, failed) });
}

async function applyActions(directory: string, port: number, processes: Processes): Promise<void> {
  const source = fileURLToPath(new URL("actions", import.meta.url));
  const files: string[] = [];
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), "utf8");
    files.push(join(directory, name));
    await writeFile(join(directory, name), text.replace("RECEIVER", `127.0.0.1:${port}`));
  }
  say((await processes.postrider("actions", "apply", ...files)).trim().replaceAll("\n", ", "));
}

interface DemoWorker {
  readonly child: ChildProcess;
  readonly metricsPort: number;
}

async function startWorker(processes: Processes, name: string): Promise<DemoWorker> {
  const child = processes.start(name, "worker", []);
  return { child, metricsPort: Number(/\d+/.exec(await firstMatch(child, /"metricsPort":\d+/))?.[0]) };
}

/** The first text of a child's output that matches. */
function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match === null) return;
      child.stdout?.off("data", read);
      resolve(match[0]);
    };
    child.stdout?.on("data", read);
    child.once("exit", (code) =>
      reject(new Error(`a child ended with ${code} before it was ready:\n${text}`)),
    );
  });
}

/** A worker dies in the middle, without a chance to say goodbye, and another takes its place. */
async function killOne(workers: DemoWorker[], processes: Processes, producer: Producer): Promise<void> {
  const delivered = await until(producer, (runs) => {
    const sum = runs.reduce((total, run) => total + run.delivered, 0);
    return sum >= KILL_AFTER ? sum : null;
  });
  workers[0]?.child.kill("SIGKILL");
  say(`killed worker-1 with SIGKILL after ${delivered} deliveries`);
  workers[0] = await startWorker(processes, "worker-3");
  say("worker-3 takes its place");
}

function untilEnded(producer: Producer): Promise<Run[]> {
  return until(producer, (runs) => {
    const hasEnded =
      runs.length === ACTIONS.length && runs.every(({ waiting, inFlight }) => waiting + inFlight === 0);
    return hasEnded ? runs : null;
  });
}

/** Looks at the runs again and again, until `find` gives something. */
async function until<T>(producer: Producer, find: (runs: Run[]) => T | null): Promise<T> {
  for (;;) {
    const found = await Promise.allSettled(ACTIONS.map((action) => producer.runs.get(`demo-${action}`)));
    const runs = found.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const value = find(runs);
    if (value !== null) return value;
    if (Date.now() - startedAt > LIMIT_MS)
      throw new Error(`not ended after ${LIMIT_MS / 1_000} s: ${JSON.stringify(runs)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function readLatency(workers: readonly DemoWorker[]): Promise<Buckets> {
  const sum: Buckets = new Map();
  for (const { metricsPort } of workers) {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    addHistogram(await response.text(), "postrider_delivery_latency_seconds", sum);
  }
  return sum;
}

/** Customers with a dead letter, by action. */
async function readFailed(producer: Producer): Promise<Map<string, Set<string>>> {
  const failed = new Map(ACTIONS.map((action) => [action, new Set<string>()]));
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const list = await producer.deadLetters.list({ limit: 1_000, cursor });
    for (const { action, customerId } of list.deadLetters)
      failed.get(action.split("@")[0] ?? "")?.add(String(customerId));
    cursor = list.cursor;
  }
  return failed;
}

function checkAll(
  customers: readonly DemoCustomer[],
  record: readonly Received[],
  failed: ReadonlyMap<string, ReadonlySet<string>>,
): Checked[] {
  const byId = new Map(customers.map((customer) => [String(customer.id), customer]));
  return Object.entries(EXPECTATIONS).map(([action, expectation]) =>
    check(expectation, byId, record, failed.get(action) ?? new Set()),
  );
}

interface Results {
  readonly runs: readonly Run[];
  readonly seconds: number;
  readonly latency: Buckets;
  readonly checks: readonly Checked[];
}

/** @returns whether nothing was lost or altered and the counters agree with the receiver. */
function report({ runs, seconds, latency, checks }: Results): boolean {
  const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
    values.reduce((total, value) => total + of(value), 0);
  const reasons = new Map<string, number>();
  for (const [reason, count] of runs.flatMap(({ failedByReason }) => Object.entries(failedByReason)))
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const delivered = sum(runs, (run) => run.delivered);
  const faults = {
    lost: sum(checks, ({ lost }) => lost),
    wronglyFailed: sum(checks, ({ wronglyFailed }) => wronglyFailed),
    altered: sum(checks, ({ altered, inconsistent, unexpected }) => altered + inconsistent + unexpected),
  };
  const ms = (share: number): string => `${Math.round((quantile(latency, share) ?? 0) * 1_000)} ms`;
  const rows: [string, string | number][] = [
    ["enqueued", sum(runs, (run) => run.enqueued)],
    ["delivered", delivered],
    ["retried", sum(runs, (run) => run.retries)],
    [
      "dead letters",
      `${sum(runs, (run) => run.failed)} (${[...reasons].map(([reason, count]) => `${count} ${reason}`).join(", ")})`,
    ],
    [
      "accepted twice",
      `${sum(checks, ({ duplicates }) => duplicates)} (in flight at the kill; same key, same bytes)`,
    ],
    ["altered", faults.altered],
    ["lost", faults.lost],
    ["failed wrongly", faults.wronglyFailed],
    ["throughput", `${Math.round(delivered / seconds)} deliveries/s, enqueueing and the kill included`],
    ["enqueue to delivery", `p50 ${ms(0.5)}, p99 ${ms(0.99)} (histograms of the living workers)`],
  ];
  console.log(`\n${rows.map(([name, value]) => `  ${name.padEnd(20)} ${value}`).join("\n")}\n`);
  for (const example of checks.flatMap(({ examples }) => examples)) console.log(`  ! ${example}`);

  const agrees =
    delivered === sum(checks, (checked) => checked.delivered) &&
    sum(runs, (run) => run.enqueued) === ACTIONS.length * CUSTOMERS;
  if (!agrees) console.log("  ! the runs' counters and the receiver's record differ");
  const isGood = agrees && faults.lost + faults.altered + faults.wronglyFailed === 0;
  say(isGood ? "nothing lost, nothing altered" : "FAILED");
  return isGood;
}

// When it was stopped, what it waited for is waited for still.
process.exit(await main());
