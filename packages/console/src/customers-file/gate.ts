// A gate that whoever works goes through before each step: open, or closed until somebody opens it.

export interface Gate {
  open(): void;
  close(): void;
  isOpen(): boolean;
  /** Resolves while it is open. @throws the signal's reason. */
  passed(signal: AbortSignal): Promise<void>;
  /** Resolves after so many ms, or as soon as somebody opens it. @throws the signal's reason. */
  openedWithin(ms: number, signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let isOpen = true;
  let waiting: (() => void)[] = [];
  const next = (signal: AbortSignal, ms: number | null): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = ms === null ? null : setTimeout(() => leave(resolve), ms);
      const end = (): void => leave(() => reject(signal.reason));
      const leave = (then: () => void): void => {
        if (timer !== null) clearTimeout(timer);
        signal.removeEventListener("abort", end);
        then();
      };
      waiting.push(() => leave(resolve));
      signal.addEventListener("abort", end, { once: true });
    });
  return {
    open() {
      isOpen = true;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    close() {
      isOpen = false;
    },
    isOpen: () => isOpen,
    async passed(signal) {
      signal.throwIfAborted();
      while (!isOpen) await next(signal, null);
    },
    async openedWithin(ms, signal) {
      signal.throwIfAborted();
      await next(signal, ms);
    },
  };
}
