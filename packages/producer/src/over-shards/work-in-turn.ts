// Mass work in one shard after the other, as one work: what was done adds up, and a later call goes on in the
// shard to which an earlier one came.

import { addFields } from "@postrider/shared/sums";
import type { Place, WorkOptions } from "../tasks/pace.ts";
import { joinPlace, shardsFrom } from "./joined-place.ts";
import type { OverShards, ShardPart } from "./over-shards.ts";

type Counts<Progress> = { readonly [Name in keyof Progress]: number };

/**
 * @param nothing the progress before anything was done. @param work does it in one shard, from `after` on.
 * @returns the progress at the end. @throws what `work` throws; `redis_unavailable` once it comes to a shard
 * that is away.
 */
export async function workInTurn<
  Part extends ShardPart,
  Progress extends Counts<Progress>,
  Options extends WorkOptions<Progress>,
>(
  over: OverShards<Part>,
  options: Options,
  nothing: Progress,
  work: (part: Part, options: Options) => Promise<Progress>,
): Promise<Progress> {
  const { after = null, onProgress } = options;
  let done = nothing;
  let looked = 0;
  for (const { shard, after: place } of shardsFrom(over.places(), after)) {
    let lookedHere = 0;
    const before = { done, looked };
    const here = await work(over.named(shard), {
      ...options,
      after: place ?? undefined,
      onProgress: (progress: Progress, at: Place) => {
        lookedHere = at.looked;
        const joined = at.after === null ? null : joinPlace(shard, at.after);
        onProgress?.(add(before.done, progress), { after: joined, looked: before.looked + at.looked });
      },
    });
    done = add(done, here);
    looked += lookedHere;
  }
  return done;
}

function add<Progress extends Counts<Progress>>(one: Progress, other: Progress): Progress {
  return addFields(Object.keys(one) as (keyof Progress & string)[], one, other) as Progress;
}
