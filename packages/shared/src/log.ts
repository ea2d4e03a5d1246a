// Logging: JSON lines in production, readable on a terminal, secrets redacted. Field names are the
// glossary's.

import { type DestinationStream, destination, type Logger, pino } from "pino";
import pretty from "pino-pretty";

export type { Logger };

/**
 * Lines are written in blocks of this size, or after FLUSH_MS: a write costs more than many lines. At most
 * sonic-boom's own maxWrite.
 */
const BUFFER_BYTES = 16_000;
const FLUSH_MS = 1_000;

export interface LogOptions {
  readonly level: string;
  readonly format: "auto" | "json" | "pretty";
}

/**
 * A logger on standard output. `flush` writes what is still buffered, and must be waited for before the
 * process exits.
 */
export function createLogger({ level, format }: LogOptions): { log: Logger; flush: () => Promise<void> } {
  const readable = format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
  const stream = readable ? undefined : destination({ dest: 1, sync: false, minLength: BUFFER_BYTES });
  const target: DestinationStream =
    stream ?? pretty({ colorize: process.stdout.isTTY === true, sync: true, ignore: "pid,hostname" });
  const log = pino(
    {
      level,
      base: null,
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
  if (stream === undefined) return { log, flush: () => Promise.resolve() };
  setInterval(() => stream.flush(), FLUSH_MS).unref();
  return { log, flush: () => flush(stream) };
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
