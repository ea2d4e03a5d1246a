// Forgets dead letters. Their outcomes stay recorded and counted.

import { purgeLetters } from "@postrider/redis/scripts/purge-letters";
import type { Shard } from "@postrider/redis/shard";
import { inSteps, type Selection, type WorkOptions } from "./bulk.ts";
import type { Finder } from "./find.ts";

export interface PurgeProgress {
  readonly purged: number;
}

export interface Purged extends PurgeProgress {
  /** Of the ids that were asked for: those of no dead letter. */
  readonly unknown: readonly string[];
}

/** @throws `dead_letters_invalid`, `aborted`, `redis_unavailable`. */
export async function purge(
  { finder, shard }: { readonly finder: Finder; readonly shard: Shard },
  selection: Selection,
  { signal, onProgress }: WorkOptions<PurgeProgress>,
): Promise<Purged> {
  let purged = 0;
  const unknown: string[] = [];
  for await (const { letters, others } of inSteps(finder, selection, { ratePerSecond: Infinity, signal })) {
    const results = await purgeLetters(
      shard,
      letters.map(({ shown: { id, lane } }) => ({ id, lane })),
    );
    purged += results.filter(Boolean).length;
    unknown.push(...others);
    onProgress?.({ purged });
  }
  return { purged, unknown };
}
