// The slots of a process, parted among the shards that it serves: what one shard does not use the others
// have, and never more than all of them together, so that many shards do not mean many times the requests in
// flight. With one shard it has them all.

/** What a shard that has little to do keeps of its even part, so that it can begin at once. */
const KEPT_SHARE = 0.25;
/** A shard that does not use all of its slots keeps those, and half as many for what comes next. */
const ROOM = 1.5;

/** How a shard uses its slots of a lane. */
export interface SlotUse {
  readonly inFlight: number;
  /** Whether more would be in flight if there were more slots. */
  readonly isFull: boolean;
}

/** One shard's part in a process' slots. */
export interface ShardSlots {
  /**
   * How many slots of a lane the shard may use from now on; at least one, also where there are fewer slots
   * than shards. Asked a few times a second, for as long as the lane is served. @param total those of the
   * process.
   */
  ask(lane: string, total: number, use: SlotUse): number;
  /** What was granted last; before that an even part of the total. */
  granted(lane: string, total: number): number;
  /** The lane is not served here any more. */
  forget(lane: string): void;
  /** The part of a limit that is the same for every shard, at least one. */
  evenPart(total: number): number;
  /** The shard is not served any more. */
  leave(): void;
}

export interface ProcessSlots {
  join(): ShardSlots;
}

interface Held extends SlotUse {
  readonly granted: number;
}

export function createProcessSlots(): ProcessSlots {
  const shards = new Set<ShardSlots>();
  const lanes = new Map<string, Map<ShardSlots, Held>>();
  const evenPart = (total: number): number => Math.max(1, Math.floor(total / Math.max(1, shards.size)));

  const ask = (self: ShardSlots, lane: string, total: number, use: SlotUse): number => {
    const holders = lanes.get(lane) ?? new Map<ShardSlots, Held>();
    lanes.set(lane, holders);
    const others = [...holders].filter(([shard]) => shard !== self).map(([, held]) => held);
    // What others were granted is theirs until they have asked again, and what they have in flight until it
    // ends.
    const taken = others.reduce((sum, { granted, inFlight }) => sum + Math.max(granted, inFlight), 0);
    const isFirst = !holders.has(self);
    const wished = isFirst ? evenPart(total) : (partSlots(total, [use, ...others])[0] ?? 1);
    const granted = shards.size === 1 ? total : Math.max(1, Math.min(wished, total - taken));
    holders.set(self, { ...use, granted });
    return granted;
  };
  return {
    join() {
      const self: ShardSlots = {
        ask: (lane, total, use) => ask(self, lane, total, use),
        granted: (lane, total) => lanes.get(lane)?.get(self)?.granted ?? evenPart(total),
        forget(lane) {
          const holders = lanes.get(lane);
          holders?.delete(self);
          if (holders?.size === 0) lanes.delete(lane);
        },
        evenPart,
        leave() {
          shards.delete(self);
          for (const lane of lanes.keys()) self.forget(lane);
        },
      };
      shards.add(self);
      return self;
    },
  };
}

/**
 * Parts slots by need: who is full has an even part of what the others leave. Pure.
 * @returns the slots of each, in the order of the uses; in sum at most the total, or one each.
 */
export function partSlots(total: number, uses: readonly SlotUse[]): readonly number[] {
  const kept = Math.max(1, Math.floor((total / uses.length) * KEPT_SHARE));
  const wishes = uses.map(({ inFlight, isFull }) =>
    isFull ? total : Math.max(kept, Math.ceil(inFlight * ROOM)),
  );
  const parts = uses.map(() => 0);
  let left = total;
  // Those that wish for the least first, so that each later one has an even part of what is left.
  const order = wishes
    .map((_, index) => index)
    .sort((one, other) => (wishes[one] ?? 0) - (wishes[other] ?? 0));
  for (const [place, index] of order.entries()) {
    const even = Math.floor(left / (order.length - place));
    const part = Math.max(1, Math.min(wishes[index] ?? 0, even));
    parts[index] = part;
    left = Math.max(0, left - part);
  }
  return parts;
}
