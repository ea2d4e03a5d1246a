// The figures of the whole installation: read by one process at a time, in short commands one after the
// other, and left where all others find them by one look. Their cost grows with the number of lanes, and not
// with that of processes or of those who look.

import type { Figures, LaneFigures, RUN_STATES_SHOWN } from "@postrider/shared/installation-metrics";
import { OWN_LANE_KINDS, type OwnLaneKind, ownLaneName, toLaneLabel } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import { countLanes, readBacklog, readSharedLanes } from "./counts.ts";
import { readReaderFigures, readRedisFigures, readSubscriptionFigures } from "./figures-of-others.ts";
import { ALIVE_MS, readServedLanes } from "./heartbeat.ts";
import type { LaneDirectory } from "./lane-directory.ts";
import { asOnly } from "./lease.ts";
import { readReplies } from "./replies.ts";
import { toRunState } from "./run-state.ts";
import { setWhenFull } from "./scripts/set-when-full.ts";
import type { Shard, Store } from "./shard.ts";

/** How often they are read; processes are asked for them less often than that. */
export const FIGURES_MS = 5_000;
/** Older ones tell nothing about now. */
const KEPT_MS = 3 * FIGURES_MS;
/** Shared lanes that are told apart, and all that are looked at. */
const LANES_SHOWN_MAX = 50;
const LANES_READ_MAX = 1_000;
const OTHER = "other";
/** The newest runs. */
const RUNS_READ_MAX = 200;

export interface InstallationFigures {
  /** Reads the figures for all, unless another process has done so within the time. */
  gather(): Promise<void>;
  /** What was read last; null: nothing lately. */
  read(): Promise<Figures | null>;
}

export interface FiguresOptions {
  readonly shard: Shard;
  readonly store: Store;
  readonly directory: LaneDirectory;
  /** Shared lanes that are told also where nothing was ever enqueued to them. */
  readonly lanes: readonly string[];
}

export function createFigures(options: FiguresOptions): InstallationFigures {
  const { shard } = options;
  const key = shard.keys.figures();
  return {
    async gather() {
      await asOnly(shard, "figures", FIGURES_MS, async () => {
        const text = JSON.stringify(await readFigures(options));
        await setWhenFull(shard.redis, key, text, { ms: KEPT_MS });
      });
    },
    async read() {
      const text = await shard.redis.get(key);
      // What another release has left may lack fields, or have others.
      return text === null ? null : { ...NOTHING, ...(JSON.parse(text) as Partial<Figures>) };
    },
  };
}

const NO_LANE: LaneFigures = { waiting: 0, delayed: 0, deadLetters: 0, oldestAgeMs: 0 };
const NO_RUNS = { running: 0, paused: 0, held: 0, cancelled: 0 };
const NO_KINDS: Figures["kinds"] = {
  destination: { waiting: 0, delayed: 0 },
  run: { waiting: 0, delayed: 0 },
  retries: { waiting: 0, delayed: 0 },
};

const NOTHING: Figures = {
  at: 0,
  enqueued: 0,
  ended: 0,
  lanes: {},
  kinds: NO_KINDS,
  workers: 0,
  runs: NO_RUNS,
  subscriptions: { ok: 0, hindered: 0 },
  subscriptionLag: 0,
  outcomesKept: null,
  eventsKept: null,
  outcomeReaders: {},
  eventReaders: {},
  redis: { usedBytes: 0, maxBytes: 0, mayEvict: false, isPersistent: null, listpackValueBytes: null },
};

async function readFigures({ shard, store, directory, lanes }: FiguresOptions): Promise<Figures> {
  const { redis, keys } = shard;
  await directory.refresh();
  const at = directory.now();
  const [enqueued, ended] = await redis.hmget(keys.totals(), "enqueued", "ended");
  return {
    at,
    enqueued: Number(enqueued ?? 0),
    ended: Number(ended ?? 0),
    lanes: await readLanes(shard, lanes, at),
    kinds: await readKinds(shard, directory),
    workers: await redis.zcount(keys.workers(), String(at - ALIVE_MS), "+inf"),
    runs: await readRuns(shard, directory),
    ...(await readSubscriptionFigures(shard, store)),
    ...(await readReaderFigures(shard)),
    redis: await readRedisFigures(redis),
  };
}

/** Shared lanes that are wanted, that are served, and into which something was ever enqueued. */
async function readLanes(shard: Shard, wanted: readonly string[], at: number): Promise<Figures["lanes"]> {
  const served = await readServedLanes(shard);
  const known = await readSharedLanes(shard);
  const names = [...new Set([...wanted, ...served, ...known.sort()])].slice(0, LANES_READ_MAX);
  const lanes: Record<string, LaneFigures> = {};
  for (const lane of names.slice(0, LANES_SHOWN_MAX)) {
    const { waiting, delayed, deadLetters, oldestAgeMs } = await readBacklog(shard, lane, at);
    lanes[lane] = { waiting, delayed, deadLetters, oldestAgeMs };
  }
  const others = names.slice(LANES_SHOWN_MAX);
  if (others.length === 0) return lanes;
  const other = { ...NO_LANE };
  for (const { waiting, delayed, deadLetters } of (await countLanes(shard, others)).values()) {
    other.waiting += waiting;
    other.delayed += delayed;
    other.deadLetters += deadLetters;
  }
  return { ...lanes, [OTHER]: other };
}

async function readKinds(shard: Shard, directory: LaneDirectory): Promise<Figures["kinds"]> {
  const sums = Object.fromEntries(OWN_LANE_KINDS.map((kind) => [kind, { waiting: 0, delayed: 0 }])) as Record<
    OwnLaneKind,
    { waiting: number; delayed: number }
  >;
  const lanes = directory.all().map(({ lane }) => lane);
  for (const [lane, { waiting, delayed }] of await countLanes(shard, lanes)) {
    const sum = sums[toLaneLabel(lane) as OwnLaneKind];
    sum.waiting += waiting;
    sum.delayed += delayed;
  }
  return sums;
}

const ENDINGS = ["delivered", "failed", "expired", "cancelled"] as const;
const RUN_FIELDS = ["createdAt", "closedAt", "isCancelled", "enqueued", ...ENDINGS] as const;

async function readRuns(shard: Shard, directory: LaneDirectory): Promise<Figures["runs"]> {
  const names = await shard.redis.zrevrange(shard.keys.runs(), 0, RUNS_READ_MAX - 1);
  const pipeline = shard.redis.pipeline();
  for (const name of names) pipeline.hmget(shard.keys.run(name), ...RUN_FIELDS);
  const runs = { ...NO_RUNS };
  for (const [index, reply] of readReplies(await pipeline.exec()).entries()) {
    const entry = directory.get(ownLaneName("run", names[index] ?? ""));
    const state = toShownState(reply as (string | null)[], entry);
    if (state !== null) runs[state] += 1;
  }
  return runs;
}

/** Null for a run that is over, or forgotten. */
function toShownState(
  [createdAt, closedAt, isCancelled, enqueued, ...ended]: readonly (string | null)[],
  entry: OwnLane | undefined,
): (typeof RUN_STATES_SHOWN)[number] | null {
  const left = ended.reduce((rest, count) => rest - Number(count ?? 0), Number(enqueued ?? 0));
  const fields: Record<string, string> = isCancelled == null ? {} : { isCancelled };
  const state = toRunState(entry, fields, left <= 0 && closedAt !== null);
  const isOver = state === "completed" || (state === "cancelled" && left <= 0);
  return createdAt === null || isOver ? null : state;
}
