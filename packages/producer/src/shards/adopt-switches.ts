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

/** What was taken over, by lane, as text. */
export type Adopted = Map<string, string>;

/**
 * Takes over what holds for destinations and runs in another shard. What others have switched there stays.
 * @param adopted what an earlier call has taken over: where the other shard differs by now, that follows.
 */
export async function adoptSwitches(from: LaneDirectory, to: LaneDirectory, adopted: Adopted): Promise<void> {
  await Promise.all([from.refresh(), to.refresh()]);
  const lanes = new Set([...from.all().map(({ lane }) => lane), ...adopted.keys()]);
  for (const lane of lanes) {
    const other = from.get(lane);
    const before = adopted.get(lane);
    const follow = (known: OwnLane | undefined) => adopt(other, known, before);
    // Redis need not be asked where nothing is to be changed.
    if (follow(to.get(lane)) === undefined) continue;
    await to.update(lane, follow, null);
    adopted.set(lane, toText(pick(other, true)));
  }
}

/** The entry with the other one's switches; undefined where nothing is to be changed. */
function adopt(
  other: OwnLane | undefined,
  known: OwnLane | undefined,
  before: string | undefined,
): OwnLane | undefined {
  const switches = pick(other, true);
  if (known !== undefined) {
    const isOurs = toText(pick(known, true)) === before;
    return isOurs && before !== toText(switches)
      ? ({ ...pick(known, false), ...switches } as OwnLane)
      : undefined;
  }
  if (other === undefined || Object.keys(switches).length === 0) return undefined;
  const { lane, kind, of, createdAt } = other;
  return { lane, kind, of, createdAt, ...switches };
}

/** What persons have switched, or everything else. */
function pick(entry: OwnLane | undefined, isSwitched: boolean): Partial<OwnLane> {
  const fields = Object.entries(entry ?? {});
  return Object.fromEntries(
    fields.filter(([name, value]) => value !== undefined && SWITCHES.has(name) === isSwitched),
  );
}

/** The same for the same switches, in whatever order they were set. */
function toText(switches: Partial<OwnLane>): string {
  return JSON.stringify(Object.entries(switches).sort(([one], [two]) => (one < two ? -1 : 1)));
}
