// Faults of what is around: destinations, Redis, the workers' machines, and the processes themselves.

import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { shardKeys } from "../../support/keys.ts";
import { closedPort } from "../../support/network.ts";
import { ROOT, startProcess } from "../../support/processes.ts";
import { UNTOUCHED } from "./destinations.ts";
import { all, type Fault, keepDoing, NOTHING, people, stutter, unused } from "./fault.ts";
import type { Installation } from "./installation.ts";

const CLI = join(ROOT, "packages/cli/bin/postrider.js");

const askToEnqueue = ({ apiUrl }: Installation, timeoutMs = 5_000) =>
  fetch(`${apiUrl}/v1/deliveries`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ action: "receipt", lane: "transactional", customer: { id: unused("a") } }),
    signal: AbortSignal.timeout(timeoutMs),
  }).then((response) => response.arrayBuffer());

const many = (times: number, act: () => Promise<unknown>) =>
  Promise.allSettled(Array.from({ length: times }, act));

/** Deliveries of both shared lanes that were due two hours ago. */
async function enqueueLate({ environment, destinations, apply }: Installation): Promise<void> {
  await apply("late", "/ok", { url: `${destinations.origin(UNTOUCHED + 1)}/ok` });
  const file = join(tmpdir(), `postrider-late-${process.pid}.ndjson`);
  const lines = people(20).map((person) => `${JSON.stringify(person)}\n`);
  await writeFile(file, lines.join(""));
  for (const lane of ["transactional", "bulk"]) {
    const args = ["enqueue", "late", "--customers", file, "--lane", lane, "--run", unused("late")];
    await startProcess(process.execPath, ["--import", "./tests/support/clock.mjs", CLI, ...args], {
      ...environment,
      CLOCK_OFF_MS: String(-7_200_000),
    }).exited;
  }
}

export const FAULTS_OF_SURROUNDINGS: readonly Fault[] = [
  {
    name: "destinations that nobody reaches",
    alerts: ["NothingReachable", "CircuitStorm"],
    isAlone: true,
    async begin({ apply, producer, destinations }) {
      const port = await closedPort();
      const retry = { attempts: 20, baseMs: 500, factor: 1, maxMs: 500 };
      const ids = Array.from({ length: 30 }, (_, index) => `away-${index}`);
      for (const [index, id] of ids.entries())
        await apply(id, "/", { url: `http://${destinations.host(index)}:${port}/x`, retry });
      await Promise.all(
        ids.map((action) => producer.enqueueMany({ action, customers: people(60), run: action })),
      );
      return async () => {
        await Promise.all(ids.map((run) => producer.runs.cancel(run)));
      };
    },
  },
  {
    name: "more destinations with limits than the workers have room for",
    alerts: ["OwnLanesUnserved"],
    async begin({ apply, producer, destinations }) {
      const ids = Array.from({ length: 30 }, (_, index) => `granted-${index}`);
      for (const [index, id] of ids.entries())
        await apply(id, "/ok", {
          url: `${destinations.origin(20 + index)}/ok`,
          limits: { ratePerSecond: 1 },
        });
      await Promise.all(
        ids.map((action) => producer.enqueueMany({ action, customers: people(60), run: action })),
      );
      return async () => {
        await Promise.all(ids.map((run) => producer.runs.cancel(run)));
      };
    },
  },
  {
    name: "a Redis that stutters",
    alerts: ["RedisSlow", "ApiSlow"],
    begin(installation) {
      const slow = stutter(installation.redisPid, { stillMs: 900, goesMs: 150 });
      return Promise.resolve(
        all(
          keepDoing(50, () => many(6, () => askToEnqueue(installation))),
          slow,
        ),
      );
    },
  },
  {
    name: "a Redis that is full",
    alerts: ["RedisMemoryFills", "RedisMemoryFull", "ApiFails"],
    async begin(installation) {
      const { redis, producer } = installation;
      await producer.enqueueMany({ action: "newsletter", customers: people(900), run: unused("full") });
      // Less than is used already, so that workers can claim nothing either.
      const [, used = "0"] = /used_memory:(\d+)/.exec(await redis.info("memory")) ?? [];
      await redis.config("SET", "maxmemory", String(Math.floor(Number(used) * 0.9)));
      const asking = keepDoing(200, () => many(4, () => askToEnqueue(installation)));
      return all(asking, async () => void (await redis.config("SET", "maxmemory", "0")));
    },
  },
  {
    name: "no workers, and deliveries that have waited for two hours",
    alerts: ["NoWorkers", "TransactionalWaits", "SharedLaneBehind", "CanaryLateOrLost"],
    // A lane's age is that of the first in line, which among the transactional ones is a canary: that takes a
    // minute.
    isAlone: true,
    async begin(installation) {
      const { workers, producer } = installation;
      // What lies there already would be before them, and what a worker has to put back when it stops.
      for (const lane of ["transactional", "bulk"])
        await eventually(async () => {
          const { waiting, delayed, inFlight } = await producer.lanes.backlog(lane);
          const left = waiting + delayed + inFlight;
          if (left > 0) throw new Error(`${left} are left in ${lane}`);
        });
      for (const worker of workers) await worker.stop();
      await enqueueLate(installation);
      return async () => {
        for (const worker of workers) await worker.start();
      };
    },
  },
  {
    name: "what had waited begins late",
    // Again and again: what a worker sends before it is looked at for the first time, no rate tells.
    alerts: ["FirstAttemptsLate", "FirstAttemptsOftenLate"],
    begin: (installation) => Promise.resolve(keepDoing(1_000, () => enqueueLate(installation))),
  },
  {
    name: "a canary that nobody sends",
    alerts: ["CanaryNotRunning"],
    async begin({ redis }) {
      const stop = keepDoing(500, () => redis.set(shardKeys.duty("canary-turn"), "1", "PX", 60_000));
      return all(stop, async () => void (await redis.del(shardKeys.duty("canary-turn"))));
    },
  },
  {
    name: "a Redis that is away",
    alerts: ["RedisDown", "RedisUnreachable"],
    async begin({ killRedis, restartRedis }) {
      await killRedis();
      return restartRedis;
    },
  },
  {
    name: "nothing at all",
    alerts: ["Absent", "ApiAbsent"],
    isAlone: true,
    async begin({ api, workers }) {
      for (const role of [api, ...workers]) await role.stop("SIGKILL");
      return NOTHING;
    },
  },
];
