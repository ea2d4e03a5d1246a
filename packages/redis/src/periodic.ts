// Work that repeats: each duty in a loop of its own, one turn at a time, until it is told to stop. Redis may
// be away; the next turn tries again.

import type { Logger } from "@postrider/shared/log";
import { createSleeper } from "@postrider/shared/sleeper";

/** Repeats `work`, `everyMs` after each end. What goes wrong is logged, and does not end the repetition. */
export function repeat(
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): { stop(): Promise<void> } {
  const sleeper = createSleeper();
  let isStopped = false;
  const run = async (): Promise<void> => {
    do {
      try {
        await work();
      } catch (error) {
        if (!isStopped) log.debug({ duty: name, detail: String(error) }, "duty failed; it is tried again");
      }
    } while (await sleeper.sleep(everyMs));
  };
  const running = run();
  return {
    stop() {
      isStopped = true;
      sleeper.interrupt();
      return running;
    },
  };
}
