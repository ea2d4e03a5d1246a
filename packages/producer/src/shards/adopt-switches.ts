// What persons have switched, in a shard that is new: it holds there as it does in all others.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { OwnLane } from "@postrider/shared/own-lane";

const SWITCHES: ReadonlySet<string> = new Set<keyof OwnLane>([
  "isPaused",
  "pausedUntil",
  "isHeld",
  "isCancelled",
  "limits",
  "limitsForNow",
]);

/**
 * Takes over what holds for destinations and runs in another shard.
 * @param isNew whether what stands there is of a former life of that shard's name, or was taken over a moment
 * ago: what the other one has counts then. Otherwise what stands there stays.
 */
export async function adoptSwitches(from: LaneDirectory, to: LaneDirectory, isNew: boolean): Promise<void> {
  await Promise.all([from.refresh(), to.refresh()]);
  const lanes = new Set([...from.all(), ...(isNew ? to.all() : [])].map(({ lane }) => lane));
  for (const lane of lanes) await to.update(lane, (known) => adopt(from.get(lane), known, isNew), null);
}

/** The entry with the other one's switches; undefined where nothing is to be changed. */
function adopt(other: OwnLane | undefined, known: OwnLane | undefined, isNew: boolean): OwnLane | undefined {
  const switches = pick(other, true);
  if (known !== undefined) {
    const isSame = JSON.stringify(pick(known, true)) === JSON.stringify(switches);
    return isSame || !isNew ? undefined : ({ ...pick(known, false), ...switches } as OwnLane);
  }
  if (other === undefined || Object.keys(switches).length === 0) return undefined;
  const { lane, kind, of, createdAt } = other;
  return { lane, kind, of, createdAt, ...switches };
}

/** What persons have switched, or everything else. */
function pick(entry: OwnLane | undefined, isSwitched: boolean): Partial<OwnLane> {
  const fields = Object.entries(entry ?? {}).filter(
    ([name, value]) => value !== undefined && SWITCHES.has(name) === isSwitched,
  );
  return Object.fromEntries(fields.sort(([one], [two]) => (one < two ? -1 : 1)));
}
