// A sleep that may be ended before its time, as by a shutdown.

export interface Sleeper {
  /** @returns false when it was interrupted, before or meanwhile. */
  sleep(ms: number): Promise<boolean>;
  /** Ends the sleep, and lets none begin again. */
  interrupt(): void;
}

export function createSleeper(): Sleeper {
  let isInterrupted = false;
  let wake: () => void = () => undefined;
  return {
    async sleep(ms) {
      if (ms < 1 || isInterrupted) return !isInterrupted;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return !isInterrupted;
    },
    interrupt() {
      isInterrupted = true;
      wake();
    },
  };
}
