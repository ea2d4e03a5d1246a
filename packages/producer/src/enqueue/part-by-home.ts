// Parts a chunk by where each delivery enters: at its home, or where it lies since before its home moved.

import { findKnown } from "@postrider/redis/known-deliveries";
import type { Admission } from "@postrider/redis/scripts/take-in";
import type { Home, Shards } from "@postrider/redis/shards";
import { PostriderError } from "@postrider/shared/errors";

export interface Failed {
  readonly ids: readonly string[];
  /** With `redis_unavailable` nobody knows whether they were taken in; with any other code they were not. */
  readonly error: PostriderError;
}

interface Part {
  readonly home: Home;
  readonly admissions: Admission[];
}

/** Parts a chunk by where each delivery enters. */
export async function partByHome(
  chunk: readonly Admission[],
  shards: Shards,
): Promise<{ readonly parts: readonly Part[]; readonly failed: readonly Failed[] }> {
  const parts = new Map<string, Part>();
  const add = (home: Home, admission: Admission): void => {
    const part = parts.get(home.name) ?? { home, admissions: [] };
    parts.set(home.name, part);
    part.admissions.push(admission);
  };
  const { lying, failed } = await findMoved(chunk, shards);
  const lost = new Set(failed.flatMap(({ ids }) => ids));
  for (const admission of chunk)
    if (!lost.has(admission.id)) add(lying.get(admission.id) ?? shards.homeOf(admission.id), admission);
  return { parts: [...parts.values()], failed };
}

/** Where those lie that were enqueued before their home moved; failed are those of which nobody can tell. */
async function findMoved(
  chunk: readonly Admission[],
  shards: Shards,
): Promise<{ readonly lying: ReadonlyMap<string, Home>; readonly failed: readonly Failed[] }> {
  const asked = new Map<string, Part>();
  for (const admission of chunk) {
    if (admission.isFresh === true) continue;
    for (const home of shards.formerHomesOf(admission.id)) {
      const part = asked.get(home.name) ?? { home, admissions: [] };
      asked.set(home.name, part);
      part.admissions.push(admission);
    }
  }
  const lying = new Map<string, Home>();
  const failed: Failed[] = [];
  await Promise.all(
    [...asked.values()].map(async ({ home, admissions }) => {
      const ids = admissions.map(({ id }) => id);
      try {
        if (home.shard === null) throw isAway(home.name);
        for (const id of await findKnown(home.shard, ids)) lying.set(id, home);
      } catch (error) {
        failed.push({ ids, error: toTold(error) });
      }
    }),
  );
  return { lying, failed };
}

/** @throws what is no trouble of Redis, nor one that callers are told. */
export function toTold(error: unknown): PostriderError {
  if (error instanceof PostriderError) return error;
  throw error;
}

export function isAway(shard: string): PostriderError {
  return new PostriderError(
    "redis_unavailable",
    `the Redis of shard ${shard} did not answer; enqueue again under the same run or key: what was accepted is not repeated`,
  );
}
