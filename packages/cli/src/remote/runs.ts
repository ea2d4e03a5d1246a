// Runs through the API.

import type { Run as RunTold } from "@postrider/client/generated";
import type { Run } from "@postrider/producer/runs/run";
import { waitForEnd } from "@postrider/producer/runs/run-end";
import type { Service } from "../service.ts";
import { toMs, toMsOrNull } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

/** The API's own most. */
const PAGE = 200;

export function createRemoteRuns({ call, each }: Remote): Service["runs"] {
  const get = async (run: string): Promise<Run> => toRun(await call("getRun", { params: { id: run } }));
  return {
    get,
    async list(limit) {
      const runs: Run[] = [];
      for await (const run of each("listRuns", { query: { limit: Math.min(limit, PAGE) } })) {
        runs.push(toRun(run));
        if (runs.length >= limit) break;
      }
      return runs;
    },
    async wait(run, options) {
      // An API that is away later is waited for; one that never answered is most often a slip.
      await get(run);
      return waitForEnd(() => get(run), options);
    },
    close: async (run) => void (await call("closeRun", { params: { id: run } })),
    pause: async (run) => void (await call("pauseRun", { params: { id: run } })),
    resume: async (run) => void (await call("resumeRun", { params: { id: run } })),
    cancel: async (run) => void (await call("cancelRun", { params: { id: run } })),
    release: async (run, delivery) =>
      void (await call("releaseRun", { params: { id: run }, body: { delivery } })),
  };
}

/** In the order of a producer's own. */
function toRun(told: RunTold): Run {
  const { run, state, action, lane, createdAt, closedAt, completedAt, failedByReason, ...rest } = told;
  const { endedPerSecond, endsAt, ...counters } = rest;
  return {
    ...{ run, state, action, lane, createdAt: toMs(createdAt) },
    ...{ closedAt: toMsOrNull(closedAt), completedAt: toMsOrNull(completedAt) },
    ...counters,
    failedByReason,
    endedPerSecond,
    endsAt: toMsOrNull(endsAt),
  };
}
