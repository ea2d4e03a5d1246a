// Own lanes in which deliveries lie although the registry does not know them. No move and no admission leaves
// one behind; a registry that was lost by itself would.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { readRunFacts } from "@postrider/redis/run-facts";
import type { Shard } from "@postrider/redis/shard";
import { OWN_LANE_KINDS, type OwnLaneKind } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { OwnLane } from "@postrider/shared/own-lane";
import { findWithDeliveries } from "./balance.ts";

/** Lanes looked at in one audit: as many of the latest changes, and as many of all others in turn. */
const LANES_MAX = 1_000;

export interface Healed {
  readonly healed: number;
  /** Where the next audit goes on. */
  readonly cursor: number;
}

/** Brings lanes with deliveries back into the registry. */
export async function healStranded(
  shard: Shard,
  directory: LaneDirectory,
  cursor: number,
  log: Logger,
): Promise<Healed> {
  const [latest, others] = await Promise.all([
    shard.redis.zrevrange(shard.keys.ownLaneChanges(), 0, LANES_MAX - 1),
    shard.redis.zrange(shard.keys.ownLaneChanges(), String(cursor), String(cursor + LANES_MAX - 1)),
  ]);
  const former = [...new Set([...latest, ...others])].filter((lane) => directory.get(lane) === undefined);
  let healed = 0;
  for (const lane of await findWithDeliveries(shard, former)) {
    const [kind = "", of] = [lane.split(".", 1)[0], lane.slice(lane.indexOf(".") + 1)];
    if (!OWN_LANE_KINDS.includes(kind as OwnLaneKind)) continue;
    const toEntry = (entry: OwnLane | undefined): OwnLane | undefined =>
      entry === undefined ? toHealed(lane, kind as OwnLaneKind, of, directory.now()) : undefined;
    const facts = kind === "run" ? await readRunFacts(shard, of) : null;
    await directory.update(lane, toEntry, facts ?? undefined);
    log.error(
      { lane },
      "deliveries lay in an own lane that nobody knew; a run's is paused, others are served again",
    );
    healed += 1;
  }
  return { healed, cursor: others.length < LANES_MAX ? 0 : cursor + LANES_MAX };
}

/** Whether a run was paused, held or cancelled is lost with its entry; a person has to say. */
function toHealed(lane: string, kind: OwnLaneKind, of: string, now: number): OwnLane {
  return { lane, kind, of, createdAt: now, ...(kind === "run" && { isPaused: true }) };
}
