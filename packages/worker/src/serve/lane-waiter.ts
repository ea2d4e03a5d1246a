// Waits for something to claim in a lane that was found empty, one wait at a time.

import type { LaneClaims } from "@postrider/redis/lane-claims";
import { createSleeper } from "@postrider/shared/sleeper";

/** How soon it looks again where nothing has woken it: whoever took the wake-up may have died since. */
const LOOK_MS = 5_000;
/** However far off the next one is due: a connection that blocks for longer may be dead by then. */
const WAIT_MS_MAX = 10_000;
/** How long after a failure it is waited anew; and where the connection cannot even be made. */
const RETRY_MS = 100;
const AWAY_MS = 1_000;

export function createWaiter(
  claims: Pick<LaneClaims, "waitForMore" | "stopWaiting" | "restartWaiting">,
  trouble: (error: Error) => void,
) {
  const sleeper = createSleeper();
  let isWaiting = false;
  let isStopped = false;
  const heal = async (error: Error): Promise<void> => {
    if (isStopped) return;
    trouble(error);
    await claims.restartWaiting().then(
      () => sleeper.sleep(RETRY_MS),
      (cause: Error) => {
        trouble(cause);
        return sleeper.sleep(AWAY_MS);
      },
    );
  };
  /** @returns until when there is nothing, as far as is known. */
  const once = async (dueAt: number): Promise<number> => {
    const forMs = dueAt === 0 ? LOOK_MS : Math.min(WAIT_MS_MAX, dueAt - Date.now());
    if (forMs < 1) return 0;
    try {
      const from = (await claims.waitForMore(forMs)) ?? 0;
      // What it was woken for may be due later than what it waits for.
      return dueAt === 0 ? from : Math.min(from, dueAt);
    } catch (error) {
      await heal(error as Error);
      return 0;
    }
  };
  const wait = async (nextDueAt: number, then: () => void): Promise<void> => {
    isWaiting = true;
    let dueAt = nextDueAt;
    do dueAt = await once(dueAt);
    while (dueAt > Date.now() && !isStopped);
    isWaiting = false;
    if (!isStopped) then();
  };
  return {
    /** Calls `then` when there may be something. @param nextDueAt Unix ms when at the latest; 0: unknown. */
    wait(nextDueAt: number, then: () => void): void {
      if (!isWaiting && !isStopped) void wait(nextDueAt, then);
    },
    async stop(): Promise<void> {
      isStopped = true;
      sleeper.interrupt();
      if (isWaiting) await claims.stopWaiting();
    },
  };
}
