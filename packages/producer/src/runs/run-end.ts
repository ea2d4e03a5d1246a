// The end of a run: somebody says that no more will come, and waits until nothing is left of it.

import { setTimeout as sleep } from "node:timers/promises";
import { COMPLETE_RUN } from "@postrider/redis/run-scripts";
import type { Shard } from "@postrider/redis/shard";
import { hasCode } from "@postrider/shared/errors";
import { throwIfAborted } from "../enqueue/chunks.ts";
import type { Run } from "./run.ts";

/**
 * Input: KEYS run; ARGV now, 1 if the run is cancelled with it. Output: 1, or 0 when there is no such run. A run stays closed since the first
 * time. A cancelled one must not be forgotten while anything of it is left somewhere; the audit lets go of it.
 */
const CLOSE = `${COMPLETE_RUN}
if redis.call("HEXISTS", KEYS[1], "action") == 0 then return 0 end
if ARGV[2] == "1" then
  redis.call("HSET", KEYS[1], "isCancelled", 1)
  redis.call("PERSIST", KEYS[1])
end
redis.call("HSETNX", KEYS[1], "closedAt", ARGV[1])
complete(KEYS[1])
return 1
`;

/** Says that no more will be enqueued. @returns false when there is no such run. */
export function closeRun(shard: Shard, run: string): Promise<boolean> {
  return close(shard, run, false);
}

/** Says that nothing more of it will be sent, whatever comes. @returns false when there is no such run. */
export function cancelRun(shard: Shard, run: string): Promise<boolean> {
  return close(shard, run, true);
}

async function close(shard: Shard, run: string, isCancelled: boolean): Promise<boolean> {
  return (await shard.redis.eval(CLOSE, 1, shard.keys.run(run), Date.now(), isCancelled ? 1 : 0)) === 1;
}

export interface WaitOptions {
  /** Absent: as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told what the run looks like, about twice a second. */
  readonly onProgress?: (run: Run) => void;
}

const POLL_MS = 500;

/**
 * Waits until a run is over, or the time is up. A Redis that is away for a while is waited for, too.
 * @param get reads the run. @returns the run as it stands then; `isOver` tells which of the two it was.
 * @throws `run_unknown`, `aborted`.
 */
export async function waitForEnd(
  get: () => Promise<Run>,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onProgress }: WaitOptions = {},
): Promise<Run> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    throwIfAborted(signal);
    const run = await unlessAway(get, until);
    if (run !== null) {
      onProgress?.(run);
      if (isOver(run) || Date.now() >= until) return run;
    }
    const pauseMs = Math.max(1, Math.min(POLL_MS, until - Date.now()));
    await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

async function unlessAway(get: () => Promise<Run>, until: number): Promise<Run | null> {
  try {
    return await get();
  } catch (error) {
    if (hasCode(error, "redis_unavailable") && Date.now() < until) return null;
    throw error;
  }
}

/** Whether a run was closed, and nothing of it waits or is in flight. */
export function isOver({
  closedAt,
  completedAt,
  waiting,
  inFlight,
}: Pick<Run, "closedAt" | "completedAt" | "waiting" | "inFlight">): boolean {
  return closedAt !== null && completedAt !== null && waiting + inFlight === 0;
}
