// Work that repeats: each duty in a loop of its own, one turn at a time, until it is told to stop. Redis may be away; the next turn tries again.

import type { Logger } from "@postrider/shared/log";

/** Repeats `work`, so long after each end. What goes wrong is told, and the next turn comes all the same. */
export function repeat(
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  log: Logger,
): { stop(): Promise<void> } {
  let isStopped = false;
  let wake: () => void = () => undefined;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      try {
        await work();
      } catch (error) {
        if (!isStopped) log.debug({ duty: name, detail: String(error) }, "duty failed; it is tried again");
      }
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return {
    stop() {
      isStopped = true;
      wake();
      return running;
    },
  };
}
