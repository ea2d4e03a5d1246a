// What the shards of a process tell of how things stand: each tells its own, and what is shown is all of them
// together. What is counted needs none of it, since counters add up by themselves.

import type { OwnLane } from "@postrider/shared/own-lane";
import type { RedisMetrics } from "@postrider/shared/redis-metrics";
import { addFields } from "@postrider/shared/sums";
import type { AuditFindings, Metrics, OwnLaneCounts } from "./metrics.ts";

/** A process' metrics, as one of its shards tells them. */
export interface ShardMetrics extends Metrics {
  /** The shard is not served any more, and nothing that it told counts any longer. */
  leave(): void;
}

/** What one shard told last. */
interface Told {
  lanes: { readonly entries: readonly OwnLane[]; readonly counts: OwnLaneCounts } | null;
  slots: ReadonlyMap<string, number>;
  /** Null: another process has carried out the latest audit. */
  found: AuditFindings | null;
  isUp: boolean;
}

/**
 * @param countMissing the shards that the process should serve and has never reached.
 * @returns what makes the metrics of one more shard.
 */
export function partMetrics(metrics: Metrics, countMissing: () => number): () => ShardMetrics {
  const shards = new Set<Told>();
  metrics.redis.watchShards(() => countMissing() + [...shards].filter(({ isUp }) => !isUp).length);
  const showLanes = (): void => {
    const told = [...shards].map(({ lanes }) => lanes).filter((lanes) => lanes !== null);
    metrics.ownLanes(
      mergeLanes(told.map(({ entries }) => entries)),
      told.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS),
    );
  };
  const showSlots = (): void => metrics.inFlightLimits(addSlots([...shards].map(({ slots }) => slots)));
  return () => {
    const own: Told = { lanes: null, slots: new Map(), found: null, isUp: true };
    shards.add(own);
    return {
      ...metrics,
      redis: partRedis(metrics.redis, own, shards),
      ownLanes(entries, counts) {
        own.lanes = { entries, counts };
        showLanes();
      },
      inFlightLimits(slots) {
        own.slots = slots;
        showSlots();
      },
      audited(found) {
        // What was healed is counted once, and how things stand is shown again and again.
        own.found = found === null ? null : { ...found, healed: 0 };
        const others = [...shards].filter((shard) => shard !== own).map((shard) => shard.found);
        metrics.audited([found, ...others].filter((one) => one !== null).reduce(addFindings, NO_FINDINGS));
      },
      leave() {
        shards.delete(own);
        if (shards.size === 0) return;
        showLanes();
        showSlots();
      },
    };
  };
}

/** Redis is up while some of it is: what is away of it is told apart. */
function partRedis(redis: RedisMetrics, own: Told, shards: ReadonlySet<Told>): RedisMetrics {
  return {
    ...redis,
    probed(seconds) {
      own.isUp = seconds !== null;
      if (own.isUp || ![...shards].some(({ isUp }) => isUp)) redis.probed(seconds);
    },
  };
}

const NO_COUNTS: OwnLaneCounts = { served: 0, servedMax: 0, unserved: 0, heldUp: 0 };
const NO_FINDINGS: AuditFindings = { healed: 0, lost: 0, surplus: 0, unserved: 0 };

function addCounts(one: OwnLaneCounts, other: OwnLaneCounts): OwnLaneCounts {
  return addFields(["served", "servedMax", "unserved", "heldUp"], one, other);
}

function addFindings(one: AuditFindings, other: AuditFindings): AuditFindings {
  return addFields(["healed", "lost", "surplus", "unserved"], one, other);
}

function addSlots(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return only;
  const sums = new Map<string, number>();
  for (const slots of all) for (const [lane, limit] of slots) sums.set(lane, (sums.get(lane) ?? 0) + limit);
  return sums;
}

const STATES = ["closed", "half-open", "open"] as const;

/**
 * A destination has a lane in each shard: it is told once, as the worst of them, with all that it may take.
 */
function mergeLanes(all: readonly (readonly OwnLane[])[]): readonly OwnLane[] {
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return only;
  const merged = new Map<string, OwnLane>();
  for (const entry of all.flat()) {
    const known = merged.get(entry.lane);
    merged.set(entry.lane, known === undefined ? entry : mergeLane(known, entry));
  }
  return [...merged.values()];
}

function mergeLane(one: OwnLane, other: OwnLane): OwnLane {
  const badness = ({ circuit }: OwnLane): number => STATES.indexOf(circuit?.state ?? "closed");
  const worse = badness(other) > badness(one) ? other : one;
  const coolsUntil = Math.max(one.coolsUntil ?? 0, other.coolsUntil ?? 0);
  const rates = [one.adaptiveRate, other.adaptiveRate].filter((rate) => rate !== undefined);
  const [rate] = rates;
  const perSecond = rates.reduce((sum, each) => sum + each.perSecond, 0);
  return {
    ...worse,
    ...(coolsUntil > 0 && { coolsUntil }),
    ...(rate !== undefined && { adaptiveRate: { ...rate, perSecond } }),
  };
}
