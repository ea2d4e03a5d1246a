// How many dead letters a filter means: exact where lanes and times tell, counted one by one up to a bound
// where they have to be read.

import { countLetters } from "@postrider/redis/letter-page";
import type { Shard } from "@postrider/redis/shard";
import type { DeliveryFilter, ParsedFilter } from "@postrider/shared/delivery-filter";
import { throwIfAborted } from "../tasks/pace.ts";
import { parseFilter } from "./filter.ts";
import type { Finder } from "./find.ts";

export interface DeadLetterCount {
  readonly count: number;
  /** Whether all were looked at; otherwise there are at least so many. */
  readonly isComplete: boolean;
}

export interface CountOptions {
  /** Looks at so many letters at most, the newest first, and at the rest of the thousand that it is in. */
  readonly scanMax?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Some seconds. */
const COUNTED_MAX = 50_000;

/** @throws `dead_letters_invalid`, `aborted`, `redis_unavailable`. */
export async function countMatching(
  { shard, finder }: { readonly shard: Shard; readonly finder: Finder },
  filter: DeliveryFilter,
  { scanMax = COUNTED_MAX, signal }: CountOptions,
): Promise<DeadLetterCount> {
  const parsed = parseFilter(filter);
  if (isTold(parsed)) {
    const lanes = parsed.lane === null ? await finder.homes() : [parsed.lane];
    return { count: await countLetters(shard, lanes, parsed), isComplete: true };
  }
  let count = 0;
  let looked = 0;
  for await (const { letters, scanned, next } of finder.find(parsed)) {
    throwIfAborted(signal, "stopped while counting");
    count += letters.length;
    looked += scanned;
    if (next === null) return { count, isComplete: true };
    if (looked >= scanMax) break;
  }
  return { count, isComplete: false };
}

/** Whether lanes and times tell all that is asked for. */
function isTold({ customer, run, action, destination, reason, label }: ParsedFilter): boolean {
  return [customer, run, action, destination, reason, label].every((value) => value === null);
}
