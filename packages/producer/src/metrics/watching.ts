// What those look at who watch an installation.

import type { CanaryTurns } from "@postrider/redis/canary-turns";
import type { InstallationFigures } from "@postrider/redis/figures";
import { addFigures } from "@postrider/redis/figures-sum";
import type { OpenShards } from "@postrider/redis/open-shards";
import { tellWholeRuns } from "@postrider/redis/whole-runs";
import type { OverShards, ShardPart } from "../over-shards/over-shards.ts";
import type { TakenIn } from "./taken-in.ts";

export interface Watching {
  /** What any process can tell of the whole; nothing is read while a shard is away. */
  readonly figures: InstallationFigures;
  /** What this producer has taken in since it was made. */
  readonly takenIn: TakenIn;
  readonly canary: CanaryTurns;
  /** Tells the ends of runs that have parts in several shards. Whoever sees all shards calls it. */
  tellWholeRuns(): Promise<void>;
}

interface WithFigures extends ShardPart {
  readonly figures: InstallationFigures;
  readonly canary: CanaryTurns;
}

export function createWatching(
  over: OverShards<WithFigures>,
  shards: OpenShards,
  takenIn: TakenIn,
): Watching {
  const figures = {
    async gather() {
      await over.ask(({ figures: ofShard }) => ofShard.gather());
    },
    async read() {
      const all = await over.ask(({ figures: ofShard }) => ofShard.read());
      return all.length < over.places().length ? null : addFigures(all);
    },
  };
  const canary: CanaryTurns = {
    take: (everyMs) => over.first().canary.take(everyMs),
    async lastDelivered() {
      return Math.max(...(await over.ask(({ canary: ofShard }) => ofShard.lastDelivered())));
    },
    noteDelivered: (at) => over.first().canary.noteDelivered(at),
  };
  return {
    ...{ figures, takenIn, canary },
    async tellWholeRuns() {
      // Of a shard that is new here nobody knows whether it has anything left.
      await shards.refresh();
      await tellWholeRuns(shards);
    },
  };
}
