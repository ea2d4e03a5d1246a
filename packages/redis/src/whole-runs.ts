// Runs that have parts in several shards: each part ends by itself, and whoever sees all of them tells the
// end of the whole, once.

import { newEvent } from "@postrider/shared/operator-event";
import { RUN_KEPT_SECONDS } from "./keys.ts";
import { asOnly } from "./lease.ts";
import type { OpenShards } from "./open-shards.ts";
import { readReplies } from "./replies.ts";
import { tellOnce } from "./scripts/tell-once.ts";
import type { Shard } from "./shard.ts";

/** Runs of each shard that one look is at: so many of the newest, and as many of the older ones in turn. */
const RUNS_MAX = 200;
const COUNTS = ["enqueued", "delivered", "failed", "expired", "cancelled"] as const;
const FIELDS = [
  "isPart",
  "action",
  "lane",
  "isCancelled",
  "closedAt",
  "completedAt",
  "toldAs",
  ...COUNTS,
] as const;

type Fields = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>;

/** A run's fields in each shard that has a part of it. */
type Parts = readonly Fields[];

/** How often a process looks; one of them looks for all. */
export const WHOLE_RUNS_MS = 1_000;

/** Tells the ends of runs unless another process does so. Nothing to do where there is but one shard. */
export async function tellWholeRuns(shards: Pick<OpenShards, "whole">): Promise<void> {
  const all = shards.whole() ?? [];
  const [first] = all;
  if (first === undefined || all.length === 1) return;
  await asOnly(first, "whole-runs", WHOLE_RUNS_MS, () => tellAll(all, first));
}

/**
 * Tells of runs that have been cancelled or have nothing left in any shard. What was told is noted in the
 * first of the shards, where the events are.
 * @param shards all that the installation has: one that is left out may have something left.
 */
async function tellAll(shards: readonly Shard[], first: Shard): Promise<void> {
  const names = new Set((await Promise.all(shards.map(readNames))).flat());
  const runs = [...names];
  const perShard = await Promise.all(shards.map((shard) => readFields(shard, runs)));
  for (const [index, run] of runs.entries()) {
    const all = perShard.map((fields) => fields[index] ?? {});
    const [toldHere = {}] = all;
    const parts = all.filter(({ action }) => action !== undefined);
    if (!parts.some(({ isPart }) => isPart !== undefined)) continue;
    const isElsewhere = toldHere.action === undefined;
    await tellWhole(first, run, { parts, told: toldHere.toldAs ?? "", isElsewhere });
  }
}

/** Whose turn it is among the older ones is told by the clock, as another process may look each time. */
async function readNames({ redis, keys }: Shard): Promise<string[]> {
  const newest = await redis.zrevrange(keys.runs(), 0, RUNS_MAX - 1);
  if (newest.length < RUNS_MAX) return newest;
  const pages = Math.max(1, Math.ceil((await redis.zcard(keys.runs())) / RUNS_MAX) - 1);
  const from = RUNS_MAX * (1 + (Math.floor(Date.now() / WHOLE_RUNS_MS) % pages));
  return [...newest, ...(await redis.zrevrange(keys.runs(), from, from + RUNS_MAX - 1))];
}

async function readFields({ redis, keys }: Shard, runs: readonly string[]): Promise<Fields[]> {
  const pipeline = redis.pipeline();
  for (const run of runs) pipeline.hmget(keys.run(run), ...FIELDS);
  return readReplies(await pipeline.exec()).map((reply) => {
    const values = reply as (string | null)[];
    return Object.fromEntries(FIELDS.flatMap((name, at) => (values[at] == null ? [] : [[name, values[at]]])));
  });
}

/** @param told what was told of it before. @param isElsewhere whether the shard has no part of it. */
async function tellWhole(
  shard: Shard,
  run: string,
  {
    parts,
    told,
    isElsewhere,
  }: { readonly parts: Parts; readonly told: string; readonly isElsewhere: boolean },
): Promise<void> {
  const [{ action = "", lane = "" } = {}] = parts;
  const facts = { run, action, lane };
  const isCancelled = parts.every((part) => part.isCancelled !== undefined);
  const isCompleted = parts.every(isPartOver);
  const tell = async (what: "cancelled" | "completed"): Promise<void> => {
    const event =
      what === "cancelled"
        ? newEvent("run.cancelled", run, facts, { recurs: false })
        : newEvent("run.completed", run, { ...facts, ...sumUp(parts), isCancelled }, { recurs: false });
    await tellOnce(shard, event);
  };
  // One that had the run for itself, before there were other shards, tells what befalls it by itself.
  const alone = parts.filter(({ isPart }) => isPart === undefined);
  const isCancelTold = alone.some((part) => part.isCancelled !== undefined);
  const isEndTold = alone.some((part) => part.completedAt !== undefined);
  const due = (
    [isCancelled && !isCancelTold && "cancelled", isCompleted && !isEndTold && "completed"] as const
  ).filter((one) => one !== false);
  const news = due.filter((what) => !told.includes(what));
  if (news.length === 0) return;
  for (const what of news) await tell(what);
  // Whoever is killed before this finds that it was told by the event's own mark.
  const key = shard.keys.run(run);
  await shard.redis.hset(key, "toldAs", due.join());
  // Where the shard has no part of the run, nobody else would let go of this.
  if (isElsewhere) await shard.redis.expire(key, RUN_KEPT_SECONDS);
}

/** Its own end may be an earlier one: before it got more, or some of it was replayed. */
function isPartOver(part: Fields): boolean {
  const { enqueued, ...ended } = sumUp([part]);
  const endedCount = ended.delivered + ended.failed + ended.expired + ended.cancelled;
  return part.closedAt !== undefined && part.completedAt !== undefined && endedCount >= enqueued;
}

function sumUp(parts: Parts): Record<(typeof COUNTS)[number], number> {
  const sums = { enqueued: 0, delivered: 0, failed: 0, expired: 0, cancelled: 0 };
  for (const part of parts) for (const name of COUNTS) sums[name] += Number(part[name] ?? 0);
  return sums;
}
