// Ctrl-C and SIGTERM as an AbortSignal, for commands that can stop between two steps and go on later.

import { constants } from "node:os";

/** Why a command stops: the reason of its AbortSignal. */
class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super("interrupted");
    this.name = "Interrupted";
    this.signal = signal;
  }
}

/**
 * Does the work with a signal that fires when the process is told to stop.
 * @param onInterrupted told when the work has ended after that, with the exit code that says so: the place to
 * say how to go on.
 */
export async function untilInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupted: (exitCode: number) => void = () => undefined,
): Promise<T> {
  const abort = new AbortController();
  const stop = (signal: NodeJS.Signals): void => abort.abort(new Interrupted(signal));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    return await work(abort.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    const { reason } = abort.signal;
    if (reason instanceof Interrupted) onInterrupted(exitCodeOf(reason));
  }
}

/** The exit code of what was stopped by a signal, as shells have it; null for any other error. */
export function toExitCode({ cause }: Error): number | null {
  return cause instanceof Interrupted ? exitCodeOf(cause) : null;
}

/** 130 for SIGINT, 143 for SIGTERM. */
function exitCodeOf({ signal }: Interrupted): number {
  return 128 + constants.signals[signal];
}
