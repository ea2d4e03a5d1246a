// Logging: JSON lines in production, readable on a terminal, secrets redacted. Field names are the
// glossary's.

import { createRequire } from "node:module";
import { type DestinationStream, destination, type Logger, pino } from "pino";
import type PinoPretty from "pino-pretty";

export type { Logger };

/**
 * Lines are written in blocks of this size, or after FLUSH_MS: a write costs more than many lines. At most
 * sonic-boom's own maxWrite.
 */
const BUFFER_BYTES = 16_000;
const FLUSH_MS = 1_000;
/** What is kept for a reader that takes nothing; lines beyond it are dropped, and counted. */
const KEPT_BYTES_MAX = 16 * 1_048_576;

export interface LogOptions {
  readonly level: string;
  readonly format: "auto" | "json" | "pretty";
  /** Which of several processes it is, in each of its lines. */
  readonly process?: number;
}

export interface Logging {
  readonly log: Logger;
  /** Writes what is still buffered; must be waited for before the process exits. */
  readonly flush: () => Promise<void>;
  /**
   * Gives up what is buffered at the exit of the process: its reader is gone. sonic-boom 4 would try to write
   * it for ever.
   */
  readonly drop: () => void;
  /** Whole lines of another process' logger, as JSON: none is cut in two by one of this process. */
  readonly pass: (lines: string) => void;
}

/** A logger on standard output. */
export function createLogger({ level, format, process: number }: LogOptions): Logging {
  const readable = format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
  const stream = readable ? undefined : openBlocks();
  const target: DestinationStream = stream ?? createReadable();
  const log = pino(
    {
      level,
      base: number === undefined ? null : { process: number },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":${Date.now()}`,
      // A second fence: no line is given these. Top-level paths only, since a wildcard would clone every
      // line.
      redact: {
        paths: ["headers", "authorization", "url", "password", "secret", "token"],
        censor: "[redacted]",
      },
    },
    target,
  );
  const pass = (lines: string): void => void target.write(lines);
  if (stream === undefined) return { log, pass, flush: () => Promise.resolve(), drop: () => undefined };
  const tellDropped = countDropped(stream, log);
  setInterval(() => {
    tellDropped();
    stream.flush();
  }, FLUSH_MS).unref();
  const drop = (): void => {
    stream.flushSync = () => undefined;
  };
  const end = (): Promise<void> => {
    tellDropped();
    return flush(stream);
  };
  return { log, pass, flush: end, drop };
}

function openBlocks() {
  return destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, maxLength: KEPT_BYTES_MAX });
}

/** @returns what logs how many lines were dropped, once there is room for it. */
function countDropped(stream: ReturnType<typeof openBlocks>, log: Logger): () => void {
  let dropped = 0;
  stream.on("drop", (lines: string) => {
    dropped += lines.split("\n").length - 1;
  });
  return () => {
    if (dropped === 0) return;
    const told = dropped;
    dropped = 0;
    log.warn({ lines: told }, "log lines dropped, since nobody reads as fast as they are written");
    // Where this one was dropped as well, it is none of the lines.
    if (dropped > 0) dropped = told;
  };
}

/** For eyes: no worker in production loads it. */
function createReadable(): DestinationStream {
  const pretty = createRequire(import.meta.url)("pino-pretty") as typeof PinoPretty;
  return pretty({ colorize: process.stdout.isTTY === true, sync: true, ignore: "pid,hostname" });
}

/** A reader that takes nothing must not keep the process. */
const FLUSH_MS_MAX = 1_000;

/** Not flushSync: with a reader that is gone it tries again for ever (sonic-boom 4). */
function flush(stream: ReturnType<typeof destination>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS_MAX);
    stream.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
