// When a command that runs until it is told to stop should stop: at a signal, or when the process for which
// it runs is gone.

/**
 * npm passes a Ctrl-C on to a process that the terminal has told already; a second signal so soon is the
 * first one again.
 */
const SAME_MS = 1_000;
const PARENT_LOOK_MS = 500;

/**
 * Calls `stop` once, with what told it. A second signal ends the process at once.
 * @param parent id of the process without which this one has no purpose; absent: none. The end of its
 * terminal counts then, too.
 * @returns what ends the listening.
 */
export function whenToldToStop(stop: (why: string) => void, parent?: number): () => void {
  const signals: NodeJS.Signals[] = [
    "SIGTERM",
    "SIGINT",
    ...(parent === undefined ? [] : ["SIGHUP" as const]),
  ];
  let toldAt: number | undefined;
  const tell = (why: string): void => {
    if (toldAt !== undefined) return;
    toldAt = Date.now();
    stop(why);
  };
  const hear = (signal: NodeJS.Signals): void => {
    if (toldAt !== undefined && Date.now() - toldAt >= SAME_MS) {
      forget();
      process.kill(process.pid, signal);
    }
    tell(signal);
  };
  const look = setInterval(() => {
    if (parent !== undefined && process.ppid !== parent) tell("the process that started this one is gone");
  }, PARENT_LOOK_MS).unref();
  const forget = (): void => {
    clearInterval(look);
    for (const signal of signals) process.off(signal, hear);
  };
  for (const signal of signals) process.on(signal, hear);
  return forget;
}
