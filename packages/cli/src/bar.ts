// What tells how far something long is: a bar on a terminal, a plain line every few seconds elsewhere.

import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import type CliProgress from "cli-progress";

const PLAIN_LINE_MS = 5_000;

/** @param format of cli-progress, with names of what updates tell. */
export function createBar(output: Writable, format: string): CliProgress.SingleBar {
  // Commands that show none are to start without it.
  const { Presets, SingleBar } = createRequire(import.meta.url)("cli-progress") as typeof CliProgress;
  return new SingleBar(
    {
      stream: output as NodeJS.WriteStream,
      format: `{bar} {percentage}% | ${format}`,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
    },
    Presets.shades_classic,
  );
}

/** Writes a line, unless one was written a moment ago. */
export function createLines(output: Writable): (toLine: () => string) => void {
  let saidAt = Date.now();
  return (toLine) => {
    if (Date.now() - saidAt < PLAIN_LINE_MS) return;
    saidAt = Date.now();
    output.write(`${toLine()}\n`);
  };
}
