// Waiting for what another worker does.

import type { Interrupts } from "../interrupts.ts";

/** A wait that a shutdown ends. */
export function createWait(interrupts: Interrupts) {
  let isInterrupted = false;
  let wake: (() => void) | null = null;
  const interrupt = (): void => {
    isInterrupted = true;
    wake?.();
  };
  const place = interrupts.add({ interrupt });
  return {
    async interrupted(ms: number): Promise<boolean> {
      if (isInterrupted) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return isInterrupted;
    },
    end: () => void interrupts.remove(place),
  };
}
