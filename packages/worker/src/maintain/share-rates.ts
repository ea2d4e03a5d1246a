// A shard's part in sharing out what destinations grant to all shards together: it tells what waits in it,
// and keeps its part of each where its lane is.

import { countLanes, NOTHING_THERE } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { asOnly } from "@postrider/redis/lease";
import { type Demand, readShares, shareOut, tellDemand, toShare } from "@postrider/redis/rate-shares";
import type { Shard, Store } from "@postrider/redis/shard";
import { limitsOf, type OwnLane } from "@postrider/shared/own-lane";
import type { RateShare } from "@postrider/shared/rate-part";

export const SHARE_RATES_MS = 1_000;

/** The fullest ones: what waits elsewhere keeps an even part. */
const LANES_MAX = 1_000;

export interface ShareRatesOptions {
  readonly shard: Shard;
  readonly store: Store;
  readonly directory: LaneDirectory;
  /** The names of the shards that share, in the order of all. */
  readonly sharing: () => readonly string[];
}

/** @returns the duty, which one process carries out for its shard. */
export function createShareRates(options: ShareRatesOptions): () => Promise<unknown> {
  const { shard, store, directory, sharing } = options;
  const share = async (): Promise<void> => {
    const names = sharing();
    const limited = directory.all().filter(isLimited);
    if (names.length === 1) return void (await keepAll(directory, limited, () => undefined));
    await tellDemand(store, shard.name, await readDemand(shard, limited));
    await shareOut(store, names, SHARE_RATES_MS);
    const document = await readShares(store);
    await keepAll(directory, limited, (lane) => toShare(document, lane, shard.name));
  };
  // One shard alone shares nothing; there may be something left of a time when there were others.
  const isIdle = (): boolean =>
    sharing().length === 1 && directory.all().every(({ share: known }) => known === undefined);
  return async () => (isIdle() ? null : await asOnly(shard, "rate-shares", SHARE_RATES_MS, share));
}

function isLimited(entry: OwnLane): boolean {
  return entry.kind === "destination" && limitsOf(entry).ratePerSecond !== undefined;
}

async function readDemand(shard: Shard, limited: readonly OwnLane[]): Promise<Demand> {
  const counts = await countLanes(
    shard,
    limited.map(({ lane }) => lane),
  );
  const waiting = limited.map(({ lane }) => {
    const { waiting: due, inFlight } = counts.get(lane) ?? NOTHING_THERE;
    return [lane, due + inFlight] as const;
  });
  return Object.fromEntries(waiting.sort(([, one], [, other]) => other - one).slice(0, LANES_MAX));
}

async function keepAll(
  directory: LaneDirectory,
  limited: readonly OwnLane[],
  find: (lane: string) => RateShare | undefined,
): Promise<void> {
  for (const { lane, share: known } of limited) {
    const share = find(lane);
    if (JSON.stringify(known) === JSON.stringify(share)) continue;
    await directory.update(lane, (entry) => {
      if (entry === undefined) return undefined;
      const { share: _, ...rest } = entry;
      return share === undefined ? rest : { ...rest, share };
    });
  }
}
