// A shard's part in sharing out what destinations grant to all shards together: it tells what waits in it and
// what it may have in flight, and keeps its part of each limit where its lane is.

import { countLanes, NOTHING_THERE } from "@postrider/redis/counts";
import type { Granted, ToldInFlight } from "@postrider/redis/in-flight-parts";
import { readCaps } from "@postrider/redis/lane-caps";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { asOnly } from "@postrider/redis/lease";
import { type SharesDocument, type Told, toShare } from "@postrider/redis/plan-shares";
import { readShares, shareOut, tellDemand } from "@postrider/redis/rate-shares";
import type { Shard, Store } from "@postrider/redis/shard";
import { type ConcurrencyPart, concurrencyIn } from "@postrider/shared/concurrency-part";
import { isRunnable, limitsOf, type OwnLane, toSwitches } from "@postrider/shared/own-lane";

export const SHARE_RATES_MS = 1_000;

/** The fullest ones: of a rate, what waits elsewhere keeps an even part. */
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
    await tellDemand(store, shard.name, () => readTold(shard, limited, caps));
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
  return entry.kind === "destination" && (Object.keys(limitsOf(entry)).length > 0 || hasPart(entry));
}

function isLimitedInFlight(entry: OwnLane): boolean {
  return limitsOf(entry).concurrency !== undefined;
}

async function readTold(shard: Shard, limited: readonly OwnLane[], caps: Caps): Promise<Told> {
  const counts = await countLanes(
    shard,
    limited.map(({ lane }) => lane),
  );
  const all = limited
    .map((entry) => {
      const { waiting, inFlight } = counts.get(entry.lane) ?? NOTHING_THERE;
      return { entry, wanted: waiting + inFlight, inFlight };
    })
    .sort((one, other) => other.wanted - one.wanted);
  const inFlight = all.flatMap(({ entry, ...counted }) => {
    const told = toToldInFlight(entry, { ...counted, cap: caps.get(entry.lane), shards: shard.part().of });
    return told === null ? [] : [[entry.lane, told] as const];
  });
  return {
    demand: Object.fromEntries(all.slice(0, LANES_MAX).map(({ entry, wanted }) => [entry.lane, wanted])),
    inFlight: Object.fromEntries(inFlight),
  };
}

/** Null: there is nothing to tell of it. */
function toToldInFlight(
  entry: OwnLane,
  {
    wanted,
    inFlight,
    cap,
    shards,
  }: {
    readonly wanted: number;
    readonly inFlight: number;
    readonly cap: number | null | undefined;
    readonly shards: number;
  },
): ToldInFlight | null {
  const limit = limitsOf(entry).concurrency;
  const part = entry.concurrencyPart;
  if (limit === undefined || (wanted === 0 && part === undefined && cap === 0)) return null;
  const isKnown = part?.shards === shards;
  return {
    limit,
    wanted: isRunnable(entry) ? wanted : inFlight,
    size: concurrencyIn(limit, part, shards),
    // As many as before a limit was lowered, since it may be raised again before this is heard.
    peak: Math.max(inFlight, cap ?? limit, isKnown ? part.size : 0),
    of: isKnown ? part.of : 0,
    version: part?.version ?? 0,
  };
}

/** What was agreed on last. What was said of requests in flight stands until something else is said. */
function findParts({ inFlight = {}, ...document }: SharesDocument, entry: OwnLane, shard: string): Parts {
  const { ratePerSecond, concurrency } = limitsOf(entry);
  const share = ratePerSecond === undefined ? undefined : toShare(document, entry.lane, shard);
  const said = inFlight[entry.lane]?.parts[shard];
  const concurrencyPart =
    concurrency === undefined ? undefined : toPart(entry.concurrencyPart, said, document.shards.length);
  return { ...(share && { share }), ...(concurrencyPart && { concurrencyPart }) };
}

function toPart(
  known: ConcurrencyPart | undefined,
  said: Granted | undefined,
  shards: number,
): ConcurrencyPart | undefined {
  // Nothing is said any more of what nobody has wanted for a while.
  if (said === undefined) return known?.size === 0 ? undefined : known;
  if (said.version <= (known?.version ?? 0)) return known;
  return { size: said.size, of: said.of, version: said.version, shards };
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
      !caps.has(known.lane) || caps.get(known.lane) === toSwitches(known, shard.part().of).concurrency;
    if (isSame && isInForce) continue;
    await directory.update(known.lane, (entry) => {
      if (entry === undefined) return undefined;
      const { share: _, concurrencyPart: __, ...rest } = entry;
      return { ...rest, ...find(entry) };
    });
  }
}
