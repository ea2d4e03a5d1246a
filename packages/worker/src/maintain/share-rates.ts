// A shard's part in sharing out what destinations grant to all shards together: it tells what waits in it and
// what it may have in flight, and keeps its part of each limit where its lane is.

import { countLanes, NOTHING_THERE } from "@postrider/redis/counts";
import { readCaps } from "@postrider/redis/lane-caps";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { asOnly } from "@postrider/redis/lease";
import {
  readShares,
  type SharesDocument,
  shareOut,
  type Told,
  tellDemand,
  toShare,
} from "@postrider/redis/rate-shares";
import type { Shard, Store } from "@postrider/redis/shard";
import { concurrencyIn } from "@postrider/shared/concurrency-part";
import { limitsOf, type OwnLane, toSwitches } from "@postrider/shared/own-lane";

export const SHARE_RATES_MS = 1_000;

/** The fullest ones: what waits elsewhere keeps an even part. */
const LANES_MAX = 1_000;
/** How often a shard that shares nothing looks whether something is left of a time when there were others. */
const LOOK_MS = 60_000;

export interface ShareRatesOptions {
  readonly shard: Shard;
  readonly store: Store;
  readonly directory: LaneDirectory;
  /** The names of the shards that share, in the order of all. */
  readonly sharing: () => readonly string[];
}

/** Lane → how many its queue lets be in flight; null: as many as there are. */
type Caps = ReadonlyMap<string, number | null>;

/** What a lane has of the limits of its destination. */
type Parts = Pick<OwnLane, "share" | "concurrencyPart">;

/** @returns the duty, which one process carries out for its shard. */
export function createShareRates(options: ShareRatesOptions): () => Promise<unknown> {
  const { shard, store, directory, sharing } = options;
  let latest = { count: 0, at: 0 };
  const share = async (): Promise<void> => {
    const names = sharing();
    const limited = directory.all().filter(isLimited);
    const caps = await readCaps(
      shard,
      limited.filter(isLimitedInFlight).map(({ lane }) => lane),
    );
    if (names.length === 1) return keepAll(shard, directory, { limited, caps, find: () => ({}) });
    await tellDemand(store, shard.name, await readTold(shard, limited, caps));
    await shareOut(store, names, SHARE_RATES_MS);
    const document = await readShares(store);
    const find = (entry: OwnLane): Parts => findParts(document, entry, shard.name);
    await keepAll(shard, directory, { limited, caps, find });
  };
  const isIdle = (): boolean => {
    const count = sharing().length;
    const isKnown = count === 1 && count === latest.count && Date.now() - latest.at < LOOK_MS;
    if (!isKnown) latest = { count, at: Date.now() };
    return isKnown && directory.all().every((entry) => entry.share === undefined && !hasPart(entry));
  };
  return async () => (isIdle() ? null : await asOnly(shard, "rate-shares", SHARE_RATES_MS, share));
}

function hasPart({ concurrencyPart }: OwnLane): boolean {
  return concurrencyPart !== undefined;
}

function isLimited(entry: OwnLane): boolean {
  return entry.kind === "destination" && Object.keys(limitsOf(entry)).length > 0;
}

function isLimitedInFlight(entry: OwnLane): boolean {
  return limitsOf(entry).concurrency !== undefined;
}

async function readTold(shard: Shard, limited: readonly OwnLane[], caps: Caps): Promise<Told> {
  const counts = await countLanes(
    shard,
    limited.map(({ lane }) => lane),
  );
  const told = limited
    .map((entry) => {
      const { waiting, inFlight } = counts.get(entry.lane) ?? NOTHING_THERE;
      return { entry, wanted: waiting + inFlight, inFlight };
    })
    .sort((one, other) => other.wanted - one.wanted);
  // A part that is not an even one has to be told, however little waits there.
  const isTold = (entry: OwnLane, place: number): boolean => place < LANES_MAX || hasPart(entry);
  return {
    demand: Object.fromEntries(told.slice(0, LANES_MAX).map(({ entry, wanted }) => [entry.lane, wanted])),
    inFlight: Object.fromEntries(
      told
        .filter(({ entry }, place) => isLimitedInFlight(entry) && isTold(entry, place))
        .map(({ entry, wanted, inFlight }) => {
          const { of = 0, version = 0 } = entry.concurrencyPart ?? {};
          const limit = limitsOf(entry).concurrency ?? 0;
          const size = Math.max(
            concurrencyIn(limit, entry.concurrencyPart, shard.part()),
            caps.get(entry.lane) ?? limit,
          );
          return [entry.lane, { limit, wanted, inFlight, size, of, version }];
        }),
    ),
  };
}

/** What was agreed on last. What was said of requests in flight stands until something else is said. */
function findParts(
  { inFlight = {}, shards, ...document }: SharesDocument,
  entry: OwnLane,
  shard: string,
): Parts {
  const { ratePerSecond, concurrency } = limitsOf(entry);
  const share = ratePerSecond === undefined ? undefined : toShare({ ...document, shards }, entry.lane, shard);
  const granted = inFlight[entry.lane]?.[shard];
  const known = concurrency === undefined ? undefined : entry.concurrencyPart;
  const isNews =
    concurrency !== undefined && granted !== undefined && granted.version > (known?.version ?? 0);
  const concurrencyPart = isNews
    ? { size: granted.size, of: granted.of, version: granted.version, shards: shards.length }
    : known;
  return { ...(share && { share }), ...(concurrencyPart && { concurrencyPart }) };
}

async function keepAll(
  shard: Shard,
  directory: LaneDirectory,
  {
    limited,
    caps,
    find,
  }: { readonly limited: readonly OwnLane[]; readonly caps: Caps; readonly find: (entry: OwnLane) => Parts },
): Promise<void> {
  for (const known of limited) {
    const { share, concurrencyPart } = known;
    const isSame = JSON.stringify({ share, concurrencyPart }) === JSON.stringify(find(known));
    // Also where the number of shards has changed, or a worker of the release before has set it.
    const isInForce =
      !caps.has(known.lane) || caps.get(known.lane) === toSwitches(known, shard.part()).concurrency;
    if (isSame && isInForce) continue;
    await directory.update(known.lane, (entry) => {
      if (entry === undefined) return undefined;
      const { share: _, concurrencyPart: __, ...rest } = entry;
      return { ...rest, ...find(entry) };
    });
  }
}
