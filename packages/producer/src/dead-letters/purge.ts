// Forgets dead letters. Their outcomes stay recorded and counted.

import { purgeLetters } from "@postrider/redis/scripts/purge-letters";
import type { Shard } from "@postrider/redis/shard";
import type { WorkOptions } from "../tasks/pace.ts";
import { inSteps, type Selection } from "./bulk.ts";
import type { Finder } from "./find.ts";

export interface PurgeProgress {
  readonly purged: number;
}

export interface PurgeOptions extends WorkOptions<PurgeProgress> {
  /** At most so many a second; as fast as it goes unless given. */
  readonly ratePerSecond?: number | undefined;
}

export interface Purged extends PurgeProgress {
  /** Those ids that were asked for and are no dead letter's. */
  readonly unknown: readonly string[];
}

/** @throws `dead_letters_invalid`, `aborted`, `redis_unavailable`. */
export async function purge(
  { finder, shard }: { readonly finder: Finder; readonly shard: Shard },
  selection: Selection,
  { ratePerSecond = Infinity, onProgress, ...pace }: PurgeOptions,
): Promise<Purged> {
  let purged = 0;
  const unknown: string[] = [];
  for await (const { letters, others, place } of inSteps(finder, selection, { ...pace, ratePerSecond })) {
    const results = await purgeLetters(
      shard,
      letters.map(({ shown: { id, lane } }) => ({ id, lane })),
    );
    purged += results.filter(Boolean).length;
    unknown.push(...others);
    onProgress?.({ purged }, place);
  }
  return { purged, unknown };
}
