// Whether outcomes still stand: a delivery that failed may have been replayed since, or be a dead letter
// still.

import { asProducer } from "@postrider/redis/connect";
import { findLetters } from "@postrider/redis/jobs";
import type { Shard } from "@postrider/redis/shard";
import { decodeMark, type Mark } from "@postrider/shared/outcome";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import type { Finder } from "../dead-letters/find.ts";

export interface Standing {
  /** False where the delivery is open again, or has ended once more. */
  readonly stands: boolean;
  /** The lane in which it lies as a dead letter; null: it is none. */
  readonly home: string | null;
}

const STANDS: Standing = { stands: true, home: null };

/** By the outcomes' places. @throws `redis_unavailable`. */
export async function findStanding(
  shard: Shard,
  finder: Finder,
  outcomes: readonly DeliveryOutcome[],
): Promise<Standing[]> {
  const failed = outcomes.flatMap(({ outcome, id }) => (outcome === "failed" ? [id] : []));
  const marks = await readMarks(shard, failed);
  const homes = await findHomes(shard, finder, failed);
  return outcomes.map((one) => {
    if (one.outcome !== "failed") return STANDS;
    return { stands: isLatest(one, marks.get(one.id) ?? null), home: homes.get(one.id) ?? null };
  });
}

/** One that is forgotten cannot be replayed. */
function isLatest({ reason, attempts, status }: DeliveryOutcome, mark: Mark | null): boolean {
  if (mark === null) return true;
  return (
    mark.kind === "ended" && mark.reason === reason && mark.attempts === attempts && mark.status === status
  );
}

/** Marks of deliveries by their ids; null: it is forgotten. */
export async function readMarks(
  shard: Shard,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Mark | null>> {
  if (ids.length === 0) return new Map();
  const marks = await asProducer(() => shard.redis.mget(ids.map((id) => shard.keys.outcome(id))));
  return new Map(ids.map((id, index) => [id, decodeMark(marks[index] ?? "")]));
}

async function findHomes(
  shard: Shard,
  finder: Finder,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const homes = new Map<string, string>();
  if (ids.length === 0) return homes;
  for (const lane of await finder.homes())
    for (const { id } of await asProducer(() => findLetters(shard, lane, ids))) homes.set(id, lane);
  return homes;
}
