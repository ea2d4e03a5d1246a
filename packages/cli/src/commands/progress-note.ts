// A line now and then for whoever watches something long on a terminal.

import type { Context } from "../context.ts";

const EVERY_MS = 2_000;

/** @param isQuiet says nothing, as with --json. */
export function createProgress(isQuiet: boolean, { surroundings, output }: Context): (text: string) => void {
  let saidAt = performance.now();
  return (text) => {
    if (isQuiet || surroundings.stderr.isTTY !== true || performance.now() - saidAt < EVERY_MS) return;
    saidAt = performance.now();
    output.note(`${text} so far; Ctrl-C stops`);
  };
}
