// Mass work in one shard after the other, as one work: what was done adds up, and a later call goes on in the
// shard to which an earlier one came.

import type { WorkOptions } from "../tasks/pace.ts";
import { joinPlace, splitPlace } from "./joined-place.ts";
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
  const { after, onProgress } = options;
  const places = over.places();
  const start = after === undefined ? undefined : splitPlace(after, places);
  const first = start === undefined ? 0 : toIndex(places, start.shard);
  let done = nothing;
  let looked = 0;
  for (const [index, name] of places.entries()) {
    if (index < first) continue;
    let lookedHere = 0;
    const before = { done, looked };
    const place = index === first && start !== undefined && start.after !== "" ? start.after : undefined;
    const here = await work(over.named(name), {
      ...options,
      after: place,
      onProgress: (
        progress: Progress,
        { after: at, looked: seen }: { after: string | null; looked: number },
      ) => {
        lookedHere = seen;
        const joined = at === null ? null : joinPlace(name, at);
        onProgress?.(add(before.done, progress), { after: joined, looked: before.looked + seen });
      },
    });
    done = add(done, here);
    looked += lookedHere;
  }
  return done;
}

/** Behind all of them where there is none to go on with. */
function toIndex(places: readonly string[], shard: string | undefined): number {
  return shard === undefined ? places.length : places.indexOf(shard);
}

function add<Progress extends Counts<Progress>>(one: Progress, other: Progress): Progress {
  const names = Object.keys(one) as (keyof Progress)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as Progress;
}
