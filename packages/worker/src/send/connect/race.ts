// One TCP connection out of several addresses: RFC 8305, section 5. The next address is tried when the one
// before has failed or has been silent for a while; the first to answer wins, and the others are dropped.

import type { Socket } from "node:net";
import { isLocal } from "../fault.ts";

/** RFC 8305 section 5 recommends 250 ms between attempts. */
const ATTEMPT_DELAY_MS = 250;

/** How many are tried at once; the one tried longest, a second by then, makes room for the next. */
const AT_ONCE_MAX = 4;

export type Dial = (address: string, port: number) => Socket;

export interface Race {
  /**
   * The first connected socket, without listeners of ours. Rejects with the last error when none came; with a
   * destination's rather than with one of this machine, which may lack one family alone.
   */
  readonly winner: Promise<Socket>;
  /** Drops all that is still being tried. */
  cancel(): void;
}

/** Starts connecting; `addresses` are tried in order. */
export function race(addresses: readonly string[], port: number, dial: Dial): Race {
  const trying = new Set<Socket>();
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let failure: Error | undefined;

  const cancel = (): void => {
    isOver = true;
    clearTimeout(timer);
    for (const socket of trying) socket.destroy();
    trying.clear();
  };

  const winner = new Promise<Socket>((resolve, reject) => {
    const tryNext = (): void => {
      clearTimeout(timer);
      const address = addresses[next];
      if (address === undefined || isOver) return;
      next += 1;
      const [oldest] = trying;
      if (trying.size >= AT_ONCE_MAX && oldest !== undefined) {
        trying.delete(oldest);
        oldest.destroy();
      }
      const socket = dial(address, port);
      trying.add(socket);
      const onError = (error: Error): void => {
        trying.delete(socket);
        if (isOver) return;
        failure = moreTelling(failure, error);
        if (next < addresses.length) tryNext();
        else if (trying.size === 0) reject(failure);
      };
      socket.once("error", onError);
      socket.once("connect", () => {
        // What loses is destroyed, and may yet report an error to its listener.
        if (isOver) return;
        trying.delete(socket);
        cancel();
        socket.off("error", onError);
        resolve(socket);
      });
      if (next < addresses.length) timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
    };
    tryNext();
  });
  return { winner, cancel };
}

function moreTelling(before: Error | undefined, error: Error): Error {
  return before !== undefined && isLocal(error) ? before : error;
}
