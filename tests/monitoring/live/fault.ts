// A fault: what it should have fire, how it begins, and how it ends.

import { kill } from "node:process";
import type { Installation } from "./installation.ts";

export type Heal = () => Promise<void>;

export interface Fault {
  readonly name: string;
  /** Names without the prefix. */
  readonly alerts: readonly string[];
  /** Load would drown it. */
  readonly isAlone?: boolean;
  begin(installation: Installation): Promise<Heal>;
}

let made = 0;
/** Customers that no run has had. */
export function people(count: number): { id: string; nth: number }[] {
  return Array.from({ length: count }, () => ({ id: `p${++made}`, nth: made }));
}
/** The name of a run that has not been. */
export const unused = (name: string): string => `${name}-${++made}`;

export const NOTHING: Heal = () => Promise.resolve();

/** Does something again and again, until it is healed. Failures are what faults bring about. */
export function keepDoing(everyMs: number, act: () => unknown): Heal {
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      await Promise.resolve()
        .then(act)
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return async () => {
    isOver = true;
    await running;
  };
}

/** Lets a process stand still for a part of each turn. */
export function stutter(pid: () => number, { stillMs, goesMs }: { stillMs: number; goesMs: number }): Heal {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return keepDoing(goesMs, async () => {
    kill(pid(), "SIGSTOP");
    await pause(stillMs);
    kill(pid(), "SIGCONT");
  });
}

/** Heals in the order given. */
export function all(...heals: readonly Heal[]): Heal {
  return async () => {
    for (const heal of heals) await heal();
  };
}
