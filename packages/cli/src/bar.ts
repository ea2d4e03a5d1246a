// What tells how far something long is: a bar on a terminal, a plain line every few seconds elsewhere.

import type { Writable } from "node:stream";
import { Presets, SingleBar } from "cli-progress";

const PLAIN_LINE_MS = 5_000;

/** @param format of cli-progress, with names of what updates tell. */
export function createBar(output: Writable, format: string): SingleBar {
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
