// What one worker does for all from time to time: dissolves own lanes that are calm and empty, brings back into the registry a lane in
// which deliveries lie although nobody knows it, and holds the ledger's count against what lies in the lanes.

import type { LaneDirectory } from "@postrider/shared/lane-directory";
import { isOwnLane, keys, OWN_LANE_KINDS, type OwnLaneKind } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import { limitsOf, type OwnLane } from "@postrider/shared/own-lane";
import type { Redis } from "ioredis";

/** A destination that gave no reason for its own lane for so long may share one again. */
const CALM_MS = 60_000;
/** Whoever routed by an older look at the registry has looked again by then. */
const YOUNG_MS = 10_000;
/** Nobody probes a destination any more to which nothing is sent. */
const UNPROBED_MS = 600_000;
/** Lanes that were dissolved lately are looked at once more. */
const FORMER_MAX = 1_000;

export interface Audit {
  /** @returns own lanes brought back, and deliveries that the ledger knows and no lane has (twice in a row: lost). */
  run(): Promise<{ readonly healed: number; readonly missing: number }>;
}

export function createAudit(redis: Redis, directory: LaneDirectory, log: Logger): Audit {
  let missingBefore = 0;
  return {
    async run() {
      await directory.refresh();
      await dissolveCalm(redis, directory);
      const healed = await healStranded(redis, directory, log);
      const missing = await countMissing(redis, directory);
      // One look may fall between an outcome's record and another worker's count; what stays missing is lost.
      const lost = Math.min(missing, missingBefore);
      missingBefore = missing;
      if (lost > 0) log.error({ missing: lost }, "deliveries that were accepted are in no lane");
      return { healed, missing: lost };
    },
  };
}

async function dissolveCalm(redis: Redis, directory: LaneDirectory): Promise<void> {
  for (const entry of directory.all()) {
    if (!isCalm(entry, directory.now()) || !(await isRunOver(redis, entry))) continue;
    if (await directory.dissolve(entry.lane)) continue;
    // Not empty: nothing new is led there, so that it can become so.
    if (entry.kind === "destination" && entry.isClosing !== true)
      await directory.update(entry.lane, (current) =>
        current === undefined || !isCalm(current, directory.now())
          ? undefined
          : { ...current, isClosing: true },
      );
  }
}

/** Whether a lane has no reason to be. */
function isCalm(entry: OwnLane, now: number): boolean {
  const { circuit, pace, restsUntil, troubledAt = 0, isPaused, isHeld } = entry;
  if (isPaused === true || isHeld === true || now - entry.createdAt < YOUNG_MS) return false;
  if (entry.kind !== "destination") return true;
  if (Object.keys(limitsOf(entry)).length > 0 || pace !== undefined || restsUntil !== undefined) return false;
  if (circuit !== undefined && (circuit.state === "open" || now - circuit.since < UNPROBED_MS)) return false;
  return now - troubledAt >= CALM_MS;
}

/** A cancelled run is remembered as long as deliveries of it may turn up in other lanes. */
async function isRunOver(redis: Redis, { kind, of, isCancelled }: OwnLane): Promise<boolean> {
  if (kind !== "run" || isCancelled !== true) return true;
  const [enqueued, ...ended] = (
    await redis.hmget(keys.run(of), "enqueued", "delivered", "failed", "expired", "cancelled")
  ).map(Number);
  return ended.reduce((sum, count) => sum + count, 0) >= (enqueued ?? 0);
}

const WITH_DELIVERIES = ["wait", "active", "delayed"] as const;

/** No move and no admission leaves a lane unregistered; a registry that was lost by itself would. */
async function healStranded(redis: Redis, directory: LaneDirectory, log: Logger): Promise<number> {
  const former = (await redis.zrevrange(keys.ownLaneChanges(), 0, FORMER_MAX - 1)).filter(
    (lane) => directory.get(lane) === undefined,
  );
  let healed = 0;
  for (const lane of former) {
    const names = WITH_DELIVERIES.map((part) => keys.ofLane(lane, part));
    if ((await redis.exists(...names)) === 0) continue;
    const [kind = "", of] = [lane.split(".", 1)[0], lane.slice(lane.indexOf(".") + 1)];
    if (!OWN_LANE_KINDS.includes(kind as OwnLaneKind)) continue;
    await directory.update(lane, (entry) =>
      entry === undefined ? { lane, kind: kind as OwnLaneKind, of, createdAt: directory.now() } : undefined,
    );
    log.error({ lane }, "deliveries lay in an own lane that nobody knew; it is served again");
    healed += 1;
  }
  return healed;
}

/**
 * Input: KEYS totals, then per lane BullMQ's wait, paused, active, delayed, prioritized.
 * Output: {enqueued, ended, how many lie in the lanes}, all of one moment.
 */
const TAKE_STOCK = `
local present = 0
for i = 2, #KEYS, 5 do
  present = present + redis.call("LLEN", KEYS[i]) + redis.call("LLEN", KEYS[i + 1]) + redis.call("LLEN", KEYS[i + 2])
    + redis.call("ZCARD", KEYS[i + 3]) + redis.call("ZCARD", KEYS[i + 4])
end
local totals = redis.call("HMGET", KEYS[1], "enqueued", "ended")
return {tonumber(totals[1] or 0), tonumber(totals[2] or 0), present}
`;

/** Deliveries that were accepted, have not ended and lie nowhere. What has ended and is not settled yet lies there for a moment more. */
async function countMissing(redis: Redis, directory: LaneDirectory): Promise<number> {
  const shared = (await redis.hkeys(keys.totals()))
    .filter((field) => field.startsWith("lane:"))
    .map((field) => field.slice("lane:".length));
  const lanes = [...shared.filter((lane) => !isOwnLane(lane)), ...directory.all().map(({ lane }) => lane)];
  const names = lanes.flatMap((lane) =>
    ["wait", "paused", "active", "delayed", "prioritized"].map((part) => keys.ofLane(lane, part)),
  );
  const [enqueued = 0, ended = 0, present = 0] = (await redis.eval(
    TAKE_STOCK,
    names.length + 1,
    keys.totals(),
    ...names,
  )) as number[];
  return Math.max(0, enqueued - ended - present);
}
