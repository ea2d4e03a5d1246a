// What those look at who watch an installation.

import { type CanaryTurns, createCanaryTurns } from "@postrider/redis/canary-turns";
import { createFigures, type FiguresOptions, type InstallationFigures } from "@postrider/redis/figures";
import type { TakenIn } from "./taken-in.ts";

export interface Watching {
  /** What any process can tell of the whole. */
  readonly figures: InstallationFigures;
  /** What this producer has taken in since it was made. */
  readonly takenIn: TakenIn;
  readonly canary: CanaryTurns;
}

export function createWatching(options: FiguresOptions, takenIn: TakenIn): Watching {
  return { figures: createFigures(options), takenIn, canary: createCanaryTurns(options.shard) };
}
