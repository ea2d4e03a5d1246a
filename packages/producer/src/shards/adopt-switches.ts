// What persons have switched, in a shard that is new: it holds there as it does in all others.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { OwnLane } from "@postrider/shared/own-lane";

/** Takes over what holds for destinations and runs in another shard. What stands there already stays. */
export async function adoptSwitches(from: LaneDirectory, to: LaneDirectory): Promise<void> {
  await Promise.all([from.refresh(), to.refresh()]);
  for (const entry of from.all()) {
    const switches = toSwitched(entry);
    if (Object.keys(switches).length === 0) continue;
    const { lane, kind, of, createdAt } = entry;
    await to.update(
      lane,
      (known) => (known === undefined ? { lane, kind, of, createdAt, ...switches } : undefined),
      null,
    );
  }
}

function toSwitched(entry: OwnLane): Partial<OwnLane> {
  const { isPaused, pausedUntil, isHeld, isCancelled, limits, limitsForNow } = entry;
  const all = { isPaused, pausedUntil, isHeld, isCancelled, limits, limitsForNow };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
