// The worker processes behind one command: kept at their number, told to stop together, and told of as one.

import { ERROR_CODES, type ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import type { Failure } from "./messages.ts";
import { createPlace, type Place } from "./process-place.ts";
import type { EndOfProcess, WorkerProcess } from "./start-process.ts";

/** Five starts in half a minute tell that the sixth will fail as well. */
const EARLY_ENDS_MAX = 5;

export interface Crew {
  readonly places: readonly Place[];
  /** Starts them all. @param probedAt the port at which they are answered for. */
  begin(probedAt: number): void;
  /** Why there is nothing to go on for, as a single worker would say it. Never resolves while there is. */
  readonly lost: Promise<Error>;
  /** How many have ended that nobody had told to. */
  ends(): number;
  /** Resolves when all have ended, with whether each of them ended well. */
  stop(why: string): Promise<boolean>;
}

export interface CrewOptions {
  readonly count: number;
  /** @param number of the process, from 1. */
  readonly start: (number: number, probedAt: number) => WorkerProcess;
  readonly log: Logger;
  /** A process is gone; what it told last of itself is not to be forgotten. */
  readonly onGone: (process: WorkerProcess) => void;
}

export function createCrew({ count, start, log, onGone }: CrewOptions): Crew {
  let port = 0;
  let ends = 0;
  let wasReady = false;
  let giveUp: (why: Error) => void = () => undefined;
  const lost = new Promise<Error>((resolve) => {
    giveUp = resolve;
  });
  const onEnd = (ended: EndOfProcess, process: WorkerProcess | null): void => {
    wasReady ||= process?.isReady() === true || places.some((place) => place.current()?.isReady() === true);
    if (process !== null) {
      ends += 1;
      onGone(process);
    }
    // What stands in the way of the first one stands in the way of all, as a setting that is no good does;
    // memory that is short for one does not.
    if (process !== null && !wasReady && ended.failure !== null) giveUp(toError(ended.failure));
    else if (places.every((place) => place.earlyEnds() >= EARLY_ENDS_MAX)) giveUp(toLastError(ended));
  };
  const places = Array.from({ length: count }, (_, index) =>
    createPlace({ number: index + 1, start: () => start(index + 1, port), log, onEnd }),
  );
  return {
    places,
    begin(probedAt) {
      port = probedAt;
      for (const place of places) place.begin();
    },
    lost,
    ends: () => ends,
    async stop(why) {
      const all = await Promise.all(places.map((place) => place.stop(why)));
      return all.every((ended) => ended === null || ended.code === 0);
    },
  };
}

function toError({ code, message, problems }: Failure): Error {
  if (code !== null && code in ERROR_CODES) return new PostriderError(code, message, { problems });
  return Object.assign(new Error(message), { stack: message });
}

const ENDED: ErrorCode = "processes_end";

function toLastError({ code, signal, failure }: EndOfProcess): Error {
  if (failure !== null) return toError(failure);
  return new PostriderError(
    ENDED,
    `each worker process ended as soon as it was started, ${EARLY_ENDS_MAX} times in a row (the last one by ${signal ?? `exit code ${code}`}); what it wrote to standard error says why`,
  );
}
