// Faults of worker processes: what they may open, how they end, and what they wait for.

import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { ROOT, startProcess } from "../../support/processes.ts";
import { UNTOUCHED } from "./destinations.ts";
import { all, type Fault, keepDoing, people, stutter, unused } from "./fault.ts";
import type { Installation } from "./installation.ts";

const CLI = join(ROOT, "packages/cli/bin/postrider.js");

/** One more worker at the port that Prometheus knows of, started by a shell's command. */
async function startSpare(
  { environment, sparePort }: Installation,
  shell: string,
  more: Record<string, string>,
) {
  const spare = startProcess("sh", ["-c", shell], {
    ...environment,
    POSTRIDER_METRICS_HOST: "127.0.0.1",
    POSTRIDER_METRICS_PORT: String(sparePort),
    POSTRIDER_SHUTDOWN_GRACE_MS: "500",
    ...more,
  });
  return async () => {
    spare.kill("SIGTERM");
    await spare.exited;
  };
}

export const FAULTS_OF_WORKERS: readonly Fault[] = [
  {
    name: "another release beside this one",
    alerts: ["VersionsMixed"],
    begin: (installation) =>
      startSpare(installation, `exec node --import ./tests/monitoring/live/other-version.mjs ${CLI} worker`, {
        POSTRIDER_LANES: "spare",
      }),
  },
  {
    name: "a worker that may open few files",
    alerts: ["SocketsExhausted"],
    async begin(installation) {
      const { apply, producer, destinations } = installation;
      const stop = await startSpare(installation, `ulimit -n 300; exec node ${CLI} worker`, {
        POSTRIDER_LANES: "narrow",
        POSTRIDER_OWN_LANES_MAX: "1",
        POSTRIDER_CONCURRENCY: "400",
      });
      const { port } = new URL(destinations.origin(0));
      await apply("narrow", "/late", { url: `http://127.0.0.{{ customer.host }}:${port}/late` });
      const busy = keepDoing(1_000, async () => {
        const crowd = people(400).map((person, index) => ({
          ...person,
          host: (index % UNTOUCHED) + 1,
        }));
        await producer.enqueueMany({
          action: "narrow",
          lane: "narrow",
          customers: crowd,
          run: unused("narrow"),
        });
      });
      return all(busy, stop);
    },
  },
  {
    name: "workers that are killed under load",
    alerts: ["ClaimsRunOut"],
    async begin({ apply, producer, workers, destinations }) {
      const ids = Array.from({ length: 6 }, (_, index) => `held-${index}`);
      for (const [index, id] of ids.entries())
        await apply(id, "/late", { url: `${destinations.origin(30 + index)}/late` });
      const busy = keepDoing(3_000, async () => {
        for (const action of ids)
          await producer.enqueueMany({ action, customers: people(40), run: unused(action) });
      });
      // One at a time, and long enough for the other one to find what ran out.
      let turn = 0;
      const killing = keepDoing(7_000, async () => {
        const worker = workers[turn++ % 2 === 0 ? 0 : 1];
        await worker.stop("SIGKILL");
        await worker.start();
      });
      return all(busy, killing);
    },
  },
  {
    name: "a lane whose every slot is held by receivers that hang",
    alerts: ["LaneStandsStill"],
    async begin(installation) {
      const { apply, producer, destinations } = installation;
      const stop = await startSpare(installation, `exec node ${CLI} worker`, {
        POSTRIDER_LANES: "still",
        POSTRIDER_CONCURRENCY: "4",
      });
      const url = `${destinations.origin(UNTOUCHED)}/hang`;
      await apply("still", "/hang", { url, timeoutMs: 60_000 });
      await producer.enqueueMany({ action: "still", lane: "still", customers: people(40), run: "still" });
      // Without a worker nobody would let go of what was cancelled.
      const cancel = async () => {
        await producer.runs.cancel("still");
        await eventually(async () => {
          const { waiting } = await producer.lanes.backlog("still");
          if (waiting > 0) throw new Error(`${waiting} still wait`);
        });
      };
      return all(cancel, stop);
    },
  },
  {
    name: "a worker without CPU",
    alerts: ["EventLoopBlocked"],
    begin: ({ workers: [, second] }) =>
      Promise.resolve(stutter(() => second.process.pid, { stillMs: 750, goesMs: 250 })),
  },
];
