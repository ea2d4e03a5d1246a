// In which lanes what is open can be, as far as a filter tells, and how much lies there.

import { asProducer } from "@postrider/redis/connect";
import { countLanes, type LaneCounts, readSharedLanes } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { OPEN_PARTS, type OpenPart } from "@postrider/redis/open-page";
import type { Shard } from "@postrider/redis/shard";
import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import { DEFAULT_LANES } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";

export interface LanePart {
  readonly lane: string;
  readonly part: OpenPart;
}

export interface LaneParts {
  /**
   * Parts of lanes that hold something, of those in which a filter's deliveries can be: the lanes by name,
   * in each what is in flight, what waits, what is delayed. @param from the first one.
   */
  parts(filter: ParsedFilter, from?: LanePart): Promise<LanePart[]>;
  /** How many lie there, whatever else the filter asks. */
  count(filter: ParsedFilter): Promise<number>;
}

export interface LanePartsDependencies {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
}

export function createLaneParts(dependencies: LanePartsDependencies): LaneParts {
  const countAll = async (filter: ParsedFilter, from = ""): Promise<ReadonlyMap<string, LaneCounts>> => {
    const lanes = (await findLanes(dependencies, filter)).filter((lane) => lane >= from).sort(inOrder);
    return await asProducer(() => countLanes(dependencies.shard, lanes));
  };
  return {
    async parts(filter, from) {
      const found: LanePart[] = [];
      for (const [lane, counts] of await countAll(filter, from?.lane))
        for (const part of toParts(counts, filter))
          if (lane !== from?.lane || OPEN_PARTS.indexOf(part) >= OPEN_PARTS.indexOf(from.part))
            found.push({ lane, part });
      return found;
    },
    async count(filter) {
      const counts = [...(await countAll(filter)).values()];
      return counts.reduce((sum, one) => sum + countAsked(one, filter), 0);
    },
  };
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Where a filter's deliveries can lie: not in the own lanes of other runs, destinations and homes. */
async function findLanes(
  { shard, directory }: LanePartsDependencies,
  filter: ParsedFilter,
): Promise<string[]> {
  const used = await asProducer(async () => {
    await directory.refresh();
    return await readSharedLanes(shard);
  });
  const shared = [...new Set([...DEFAULT_LANES, ...used])];
  return [
    ...shared.filter((lane) => filter.lane === null || lane === filter.lane),
    ...directory.all().flatMap((own) => (canHold(own, filter) ? [own.lane] : [])),
  ];
}

function canHold({ kind, of }: OwnLane, { run, destination, lane }: ParsedFilter): boolean {
  const asked = { run, destination, retries: lane }[kind];
  return asked === null || asked === of;
}

function toParts({ waiting, delayed, inFlight }: LaneCounts, { state }: ParsedFilter): OpenPart[] {
  return [
    ...(inFlight > 0 && state !== "waiting" ? (["active"] as const) : []),
    ...(waiting > 0 && state !== "in-flight" ? (["wait", "paused", "prioritized"] as const) : []),
    ...(delayed > 0 && state !== "in-flight" ? (["delayed"] as const) : []),
  ];
}

function countAsked({ waiting, delayed, inFlight }: LaneCounts, { state }: ParsedFilter): number {
  return (state === "waiting" ? 0 : inFlight) + (state === "in-flight" ? 0 : waiting + delayed);
}
