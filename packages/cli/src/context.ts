// What every command is handed.

import type { Settings } from "@postrider/shared/settings/settings";
import type { Output, Surroundings } from "./output.ts";

export interface Context {
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** What was typed behind `postrider`. */
  readonly words: readonly string[];
  /** Read when a command runs, so that `--help` works with broken settings. */
  readonly settings: (changes?: Partial<Settings>) => Settings;
  /** Tells the exit code where it is not 0. */
  readonly end: (code: number) => void;
}
