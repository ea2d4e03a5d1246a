// Destinations with an own lane: how they stand, and what a person may set for any destination.

import { asProducer } from "@postrider/redis/connect";
import { readBacklog } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import { type LimitSources, sourcesOf, withoutEnded } from "@postrider/shared/lane-limits";
import { ownLaneName } from "@postrider/shared/lanes";
import { type Limits, limitsOf, type OwnLane } from "@postrider/shared/own-lane";
import { parseForMs, parseLimits, parseOrigin } from "./parse-destination.ts";

export interface Destination {
  readonly origin: string;
  /** Its own lane; null: it shares lanes with everybody. */
  readonly lane: string | null;
  readonly isPaused: boolean;
  /** Unix ms, as all times: when that ends by itself; null: when a person says so. */
  readonly pausedUntil: number | null;
  readonly circuit: "closed" | "open" | "half-open";
  /** Since when its circuit is not closed. */
  readonly circuitSince: number | null;
  /** The next probe of an open circuit. */
  readonly probeAt: number | null;
  /** Until when its own refusals have asked to leave it alone (`Retry-After`); null where none do. */
  readonly coolsUntil: number | null;
  /** Those in force. */
  readonly limits: Limits;
  /** Whose each of them is. */
  readonly limitSources: LimitSources;
  /** The rate that its 429s have taught; null where none has. */
  readonly adaptiveRatePerSecond: number | null;
  /** Since when they slow it down. */
  readonly throttledSince: number | null;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

/** What a person sets for a time. */
export interface ForATime {
  /** Ends by itself after so long, from a second to 30 days; absent: when a person says so. */
  readonly forMs?: number | undefined;
}

export interface Destinations {
  /** Those that have a lane of their own. */
  list(): Promise<Destination[]>;
  /** @throws `destination_invalid`. */
  show(origin: string): Promise<Destination>;
  /**
   * Sets what it is granted, above what actions say: for a time, which ends by itself and brings back what
   * holds besides, or until it is set again. Null takes all that back. @throws `destination_invalid`.
   */
  limit(origin: string, limits: Limits | null, options?: ForATime): Promise<void>;
  /** The same without an end, and beside limits that stand for a time. @throws `destination_invalid`. */
  configure(origin: string, limits: Limits | null): Promise<void>;
  /** What persons have set without an end, by origin. */
  configured(): Promise<{ readonly origin: string; readonly limits: Limits }[]>;
  /** Nothing is sent to it until it is resumed, or the time is over. @throws `destination_invalid`. */
  pause(origin: string, options?: ForATime): Promise<void>;
  /**
   * Also closes its circuit and ends its rest, so that deliveries flow at once. @throws
   * `destination_invalid`.
   */
  resume(origin: string): Promise<void>;
}

export function createDestinations(shard: Shard, directory: LaneDirectory): Destinations {
  const change = async (origin: string, next: (entry: OwnLane) => OwnLane): Promise<void> => {
    const of = parseOrigin(origin);
    const lane = ownLaneName("destination", of);
    await asProducer(async () => {
      // For the clock, which is Redis'.
      await directory.refresh();
      await directory.update(lane, (entry) =>
        next(entry ?? { lane, kind: "destination", of, createdAt: directory.now() }),
      );
    });
  };
  const ofDestinations = async (): Promise<OwnLane[]> => {
    await asProducer(() => directory.refresh());
    return directory.all().filter(({ kind }) => kind === "destination");
  };
  const describe = (origin: string, entry: OwnLane | undefined): Promise<Destination> =>
    describeDestination(shard, origin, entry && withoutEnded(entry, directory.now()));

  return {
    async list() {
      const destinations: Destination[] = [];
      for (const entry of await ofDestinations()) destinations.push(await describe(entry.of, entry));
      return destinations.sort((a, b) => b.waiting - a.waiting || (a.origin < b.origin ? -1 : 1));
    },
    async show(origin) {
      const of = parseOrigin(origin);
      await asProducer(() => directory.refresh());
      return describe(of, directory.get(ownLaneName("destination", of)));
    },
    async limit(origin, limits, { forMs } = {}) {
      const parsed = limits === null ? null : parseLimits(limits);
      const lastsMs = parseForMs(parsed === null ? undefined : forMs);
      await change(origin, (entry) => {
        if (lastsMs !== undefined)
          return { ...open(entry), limitsForNow: { ...parsed, until: directory.now() + lastsMs } };
        const { limitsForNow: _, ...rest } = entry;
        return withConfigured(rest, parsed);
      });
    },
    configure: async (origin, limits) => {
      const parsed = limits === null ? null : parseLimits(limits);
      await change(origin, (entry) => withConfigured(entry, parsed));
    },
    async configured() {
      const found = (await ofDestinations()).flatMap(({ of, limits }) =>
        limits === undefined ? [] : [{ origin: of, limits }],
      );
      return found.sort((a, b) => (a.origin < b.origin ? -1 : 1));
    },
    async pause(origin, { forMs } = {}) {
      const lastsMs = parseForMs(forMs);
      await change(origin, (entry) => {
        const { pausedUntil: _, ...rest } = open(entry);
        return {
          ...rest,
          isPaused: true,
          ...(lastsMs !== undefined && { pausedUntil: directory.now() + lastsMs }),
        };
      });
    },
    resume: (origin) =>
      change(origin, ({ isPaused: _, pausedUntil: __, circuit: ___, coolsUntil: ____, ...entry }) => entry),
  };
}

/** The entry of a lane that has a reason to be. */
function open({ isClosing: _, ...entry }: OwnLane): OwnLane {
  return entry;
}

function withConfigured(entry: OwnLane, configured: Limits | null): OwnLane {
  const { limits: _, ...rest } = open(entry);
  return configured === null ? rest : { ...rest, limits: configured };
}

const NOTHING = { waiting: 0, delayed: 0, inFlight: 0 } as const;

async function describeDestination(
  shard: Shard,
  origin: string,
  entry: OwnLane | undefined,
): Promise<Destination> {
  const { waiting, delayed, inFlight } =
    entry === undefined ? NOTHING : await asProducer(() => readBacklog(shard, entry.lane, Date.now()));
  const { circuit, adaptiveRate } = entry ?? {};
  return {
    origin,
    lane: entry?.lane ?? null,
    isPaused: entry?.isPaused === true,
    pausedUntil: entry?.pausedUntil ?? null,
    circuit: circuit?.state ?? "closed",
    circuitSince: circuit?.since ?? null,
    probeAt: circuit?.state === "open" ? circuit.since + circuit.pauseMs : null,
    coolsUntil: entry?.coolsUntil ?? null,
    limits: entry === undefined ? {} : limitsOf(entry),
    limitSources: entry === undefined ? {} : sourcesOf(entry),
    adaptiveRatePerSecond: adaptiveRate?.perSecond ?? null,
    throttledSince: adaptiveRate?.since ?? null,
    waiting,
    delayed,
    inFlight,
  };
}
