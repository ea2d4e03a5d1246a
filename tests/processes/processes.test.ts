// Several worker processes behind one command: one port, one end, and nothing lost with one of them.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism } from "node:os";
import { createProducer } from "@postrider/producer/producer";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { postrider, type StartedProcess, startPostrider } from "../support/processes.ts";
import { checkMetrics, providePromtool } from "../support/promtool.ts";
import { hang, ok, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

async function scene(behave: Parameters<typeof startReceiver>[0]) {
  const redisUrl = await isolatedRedisUrl();
  const receiver = await startReceiver(behave);
  const producer = await createProducer({ redis: redisUrl });
  onTestFinished(async () => {
    await producer.close();
    await receiver[Symbol.asyncDispose]();
  });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    // None that a test holds up is tried again.
    timeoutMs: 60_000,
  });
  const environment = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
    POSTRIDER_PROCESSES: "2",
    POSTRIDER_CONCURRENCY: "10",
  };
  return { receiver, producer, environment };
}

/** Its log, as far as its lines have come: each must be whole. */
function logOf({ stdout }: StartedProcess): Record<string, unknown>[] {
  return stdout
    .slice(0, stdout.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function pidsOf(worker: StartedProcess): number[] {
  return logOf(worker)
    .filter(({ msg }) => msg === "worker process started")
    .map(({ pid }) => Number(pid));
}

async function whenReady(worker: StartedProcess, count: number) {
  const [, port] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  const get = async (path: string): Promise<Response> => await fetch(`http://127.0.0.1:${port}${path}`);
  await eventually(async () => expect((await get("/readyz")).status, worker.stdout).toBe(200));
  expect(await (await get("/metrics")).text()).toMatch(new RegExp(`^postrider_processes ${count}$`, "m"));
  return { get, page: async () => await (await get("/metrics")).text() };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function delivered(page: string): number {
  const series = /^postrider_deliveries_total\{[^}]*outcome="delivered"[^}]*\} (\d+)$/gm;
  return [...page.matchAll(series)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const promtool = providePromtool();

test("one page adds up what all do, also when one of them was killed, which another replaces", async () => {
  const { producer, environment } = await scene(() => slow(20, ok()));
  await using worker = startPostrider(["worker"], environment);
  const { page, get } = await whenReady(worker, 2);
  await producer.enqueueMany({ action: "a", customers: customers(200), run: "r" });
  await eventually(async () => expect(delivered(await page())).toBe(200));
  if (promtool !== null) expect(await checkMetrics(promtool, await page())).toEqual({ code: 0, said: "" });
  expect((await producer.runs.get("r")).delivered).toBe(200);
  await eventually(async () => expect(await page()).toMatch(/^postrider_workers 2$/m));
  expect(await page()).toMatch(/^postrider_in_flight_limit\{lane="bulk"\} 20$/m);
  expect(await page()).toMatch(/^postrider_build_info\{version="[^"]+"\} 1$/m);
  // Both have had a part in it.
  const attempts = () => logOf(worker).filter(({ msg }) => msg === "attempt");
  await eventually(() => expect(new Set(attempts().map((line) => line["process"])).size).toBe(2));

  process.kill(pidsOf(worker)[0] ?? 0, "SIGKILL");
  await eventually(() => expect(pidsOf(worker)).toHaveLength(3));
  await eventually(async () => expect((await get("/readyz")).status).toBe(200));
  expect(delivered(await page())).toBe(200);
  expect(await page()).toMatch(/^postrider_process_ends_total 1$/m);
  expect(logOf(worker)).toContainEqual(
    expect.objectContaining({ level: "error", process: 1, signal: "SIGKILL" }),
  );

  await producer.enqueueMany({ action: "a", customers: customers(100), run: "next" });
  await eventually(async () => expect(delivered(await page())).toBe(300));
});

test("one is killed amid deliveries: the others go on, and nothing is lost", async () => {
  const { producer, receiver, environment } = await scene(() => slow(30, ok()));
  await producer.enqueueMany({ action: "a", customers: customers(600), run: "r" });
  await using worker = startPostrider(["worker"], {
    ...environment,
    POSTRIDER_LOCK_MS: "2000",
    POSTRIDER_STALLED_CHECK_MS: "500",
  });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(100));
  const [first = 0, second = 0] = pidsOf(worker);
  process.kill(first, "SIGKILL");

  await eventually(
    async () => expect(await producer.runs.get("r")).toMatchObject({ delivered: 600 }),
    30_000,
  );
  expect(receiver.byKey().size).toBe(600);
  expect(isAlive(second)).toBe(true);
});

test("one that does not answer: red, and what it has counted stays in the sums", async () => {
  const { producer, environment } = await scene(() => ok());
  await using worker = startPostrider(["worker"], environment);
  const { get, page } = await whenReady(worker, 2);
  await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });
  await eventually(async () => expect(delivered(await page())).toBe(50));
  const [, second = 0] = pidsOf(worker);

  process.kill(second, "SIGSTOP");
  const healthz = await get("/healthz");
  expect([healthz.status, await healthz.json()]).toEqual([503, { status: "silent", process: 2 }]);
  expect((await get("/readyz")).status).toBe(503);
  expect(delivered(await page())).toBe(50);
  process.kill(second, "SIGCONT");
  await eventually(async () => expect((await get("/healthz")).status).toBe(200));
  expect(delivered(await page())).toBe(50);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s: all of them drain, exit 0", async (signal) => {
  const gate = createGate();
  const { producer, receiver, environment } = await scene(() => gate.behind(ok()));
  await producer.enqueueMany({ action: "a", customers: customers(100), run: "r" });
  await using worker = startPostrider(["worker", "--processes", "2"], {
    ...environment,
    POSTRIDER_PROCESSES: "",
    POSTRIDER_SHUTDOWN_GRACE_MS: "60000",
  });
  // One that is told to stop before it is ready has nothing to drain.
  await whenReady(worker, 2);
  // As many as there are slots; where that takes long, the destination gets a lane of its own, with more.
  await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(20));

  worker.kill(signal);
  await eventually(() => expect(logOf(worker).filter(({ msg }) => msg === "stopping")).toHaveLength(3));
  // What was being claimed at that moment is sent as well.
  const sent = await eventually(async () => {
    const { length } = receiver.requests;
    expect(await producer.runs.get("r")).toMatchObject({ inFlight: length });
    return length;
  });
  expect(sent).toBeLessThan(100);
  gate.open();

  expect(await worker.exited).toEqual({ code: 0, signal: null });
  // Nothing was claimed after that, and nothing sent twice.
  expect(receiver.requests).toHaveLength(sent);
  expect(receiver.byKey().size).toBe(sent);
  expect(await producer.runs.get("r")).toMatchObject({ delivered: sent, waiting: 100 - sent, inFlight: 0 });
  expect(pidsOf(worker)).toHaveLength(2);
});

test("one is done before the others: the port answers well until the last one has drained", async () => {
  const gate = createGate();
  const { producer, receiver, environment } = await scene(() => gate.behind(ok()));
  await using worker = startPostrider(["worker"], { ...environment, POSTRIDER_SHUTDOWN_GRACE_MS: "600000" });
  const { get } = await whenReady(worker, 2);
  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await eventually(() => expect(receiver.requests).toHaveLength(1));

  worker.kill("SIGTERM");
  await eventually(() => expect(pidsOf(worker).filter(isAlive)).toHaveLength(1));

  expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
  gate.open();
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});

test("answers that never come: handed back after the grace period, exit 0; a second signal ends it at once", async () => {
  const { producer, receiver, environment } = await scene(() => hang());
  await producer.enqueueMany({ action: "a", customers: customers(5), run: "r" });
  {
    await using worker = startPostrider(["worker"], { ...environment, POSTRIDER_SHUTDOWN_GRACE_MS: "300" });
    await eventually(() => expect(receiver.requests).toHaveLength(5));
    worker.kill("SIGTERM");
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(await producer.runs.get("r")).toMatchObject({ waiting: 5, inFlight: 0, failed: 0 });
  }
  await using worker = startPostrider(["worker"], { ...environment, POSTRIDER_SHUTDOWN_GRACE_MS: "600000" });
  await eventually(() => expect(receiver.requests).toHaveLength(10));
  worker.kill("SIGTERM");
  await worker.waitForOutput(/"msg":"stopping"/);
  // One that comes within a second is the first one again.
  const again = setInterval(() => worker.kill("SIGTERM"), 200);
  try {
    expect(await worker.exited).toEqual({ code: null, signal: "SIGTERM" });
  } finally {
    clearInterval(again);
  }
  await eventually(() => expect(pidsOf(worker).filter(isAlive)).toEqual([]));
});

test("the one that started them is killed: they drain, and are gone", async () => {
  const { environment } = await scene(() => ok());
  await using worker = startPostrider(["worker"], environment);
  await whenReady(worker, 2);
  const pids = pidsOf(worker);
  worker.kill("SIGKILL");
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
});

test("the one that started them is killed while they stop: nothing that they have still to say keeps them", async () => {
  const gate = createGate();
  const { producer, receiver, environment } = await scene(() => gate.behind(ok()));
  await producer.enqueueMany({ action: "a", customers: customers(10), run: "r" });
  await using worker = startPostrider(["worker"], environment);
  await eventually(() => expect(receiver.requests).toHaveLength(10));
  const pids = pidsOf(worker);
  worker.kill("SIGTERM");
  await worker.waitForOutput(/"msg":"stopping"/);
  worker.kill("SIGKILL");
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
  gate.open();
});

test.each([
  ["a setting", { POSTRIDER_CONCURRENCY: "many" }],
  [
    "a setting that only a worker notices",
    { POSTRIDER_REDIS_URL: "rediss://127.0.0.1:1", POSTRIDER_REDIS_TLS_CA: "/nowhere/ca.pem" },
  ],
  ["a port that is taken", { POSTRIDER_METRICS_PORT: "taken" }],
])("%s that is no good is told once, as by a single worker", async (_, changes) => {
  const { receiver, environment } = await scene(() => ok());
  const taken = new URL(receiver.url).port;
  const settings = Object.fromEntries(
    Object.entries({ ...environment, ...changes }).map(([name, value]) => [
      name,
      value === "taken" ? taken : value,
    ]),
  );
  const alone = await postrider(["worker", "--processes", "1"], settings);
  const several = await postrider(["worker", "--processes", "3"], settings);

  expect(several.stderr).toBe(alone.stderr);
  expect(several.code).toBe(alone.code);
  expect(alone.code).not.toBe(0);
});

test("auto is a process for each core", async () => {
  const { environment } = await scene(() => ok());
  await using worker = startPostrider(["worker", "--processes", "auto"], environment);
  await whenReady(worker, availableParallelism());
  expect(pidsOf(worker)).toHaveLength(availableParallelism());
});

test("processes that end as soon as they are started are given up, with the reason", async () => {
  const { environment } = await scene(() => ok());
  // Accepts and says nothing: none of them gets to the end of its start by itself.
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  await using worker = startPostrider(["worker"], {
    ...environment,
    POSTRIDER_REDIS_URL: `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`,
  });
  const ended: number[] = [];
  const killing = setInterval(() => {
    for (const pid of pidsOf(worker))
      if (!ended.includes(pid)) {
        ended.push(pid);
        process.kill(pid, "SIGKILL");
      }
  }, 50);
  try {
    expect(await worker.exited).toEqual({ code: 1, signal: null });
  } finally {
    clearInterval(killing);
  }
  expect(worker.stderr).toContain("each worker process ended as soon as it was started");
  expect(worker.stderr).not.toContain("    at ");
});
