// Destinations with an own lane: how they stand, and what a person may set for any destination.

import { asProducer } from "@postrider/redis/connect";
import { readBacklog } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import { limitsSchema } from "@postrider/shared/action";
import { toOrigin } from "@postrider/shared/destination-origin";
import { PostriderError } from "@postrider/shared/errors";
import { ownLaneName } from "@postrider/shared/lanes";
import { type Limits, limitsOf, type OwnLane } from "@postrider/shared/own-lane";

export interface Destination {
  readonly origin: string;
  /** Its own lane; null: it shares lanes with everybody. */
  readonly lane: string | null;
  readonly isPaused: boolean;
  readonly circuit: "closed" | "open" | "half-open";
  /** Unix ms of the next probe of an open circuit. */
  readonly probeAt: number | null;
  /** Unix ms until which its own refusals have asked to be left alone (`Retry-After`); null where none do. */
  readonly coolsUntil: number | null;
  readonly limits: Limits;
  /** The rate that its 429s have taught; null where none has. */
  readonly adaptiveRatePerSecond: number | null;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
}

export interface Destinations {
  /** Those that have a lane of their own. */
  list(): Promise<Destination[]>;
  /** @throws `destination_invalid`. */
  show(origin: string): Promise<Destination>;
  /** Sets what it is granted; null takes a person's limits back. @throws `destination_invalid`. */
  limit(origin: string, limits: Limits | null): Promise<void>;
  /** Nothing is sent to it until it is resumed. @throws `destination_invalid`. */
  pause(origin: string): Promise<void>;
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
    await asProducer(() =>
      directory.update(lane, (entry) =>
        next(entry ?? { lane, kind: "destination", of, createdAt: directory.now() }),
      ),
    );
  };
  const describe = async (origin: string, entry: OwnLane | undefined): Promise<Destination> => {
    const { waiting, delayed, inFlight } =
      entry === undefined ? NOTHING : await readBacklog(shard, entry.lane, Date.now());
    const { circuit, adaptiveRate } = entry ?? {};
    return {
      origin,
      lane: entry?.lane ?? null,
      isPaused: entry?.isPaused === true,
      circuit: circuit?.state ?? "closed",
      probeAt: circuit?.state === "open" ? circuit.since + circuit.pauseMs : null,
      coolsUntil: entry?.coolsUntil ?? null,
      limits: entry === undefined ? {} : limitsOf(entry),
      adaptiveRatePerSecond: adaptiveRate?.perSecond ?? null,
      waiting,
      delayed,
      inFlight,
    };
  };

  return {
    async list() {
      await asProducer(() => directory.refresh());
      const entries = directory.all().filter(({ kind }) => kind === "destination");
      const destinations: Destination[] = [];
      for (const entry of entries) destinations.push(await asProducer(() => describe(entry.of, entry)));
      return destinations.sort((a, b) => b.waiting - a.waiting || (a.origin < b.origin ? -1 : 1));
    },
    async show(origin) {
      const of = parseOrigin(origin);
      await asProducer(() => directory.refresh());
      return asProducer(() => describe(of, directory.get(ownLaneName("destination", of))));
    },
    async limit(origin, limits) {
      const parsed = limits === null ? null : parseLimits(limits);
      await change(origin, ({ limits: _, isClosing: __, ...entry }) =>
        parsed === null ? entry : { ...entry, limits: parsed },
      );
    },
    pause: (origin) => change(origin, ({ isClosing: _, ...entry }) => ({ ...entry, isPaused: true })),
    resume: (origin) => change(origin, ({ isPaused: _, circuit: __, coolsUntil: ___, ...entry }) => entry),
  };
}

const NOTHING = { waiting: 0, delayed: 0, inFlight: 0 } as const;

/** The origin that a person names. @throws `destination_invalid`. */
export function parseOrigin(text: string): string {
  const origin = toOrigin(text);
  if (origin !== null) return origin;
  throw new PostriderError(
    "destination_invalid",
    `"${text}" is no destination; it must look like https://host or https://host:port`,
  );
}

function parseLimits(limits: Limits): Limits {
  const parsed = limitsSchema.safeParse(limits);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? "");
  const message = RANGES[field] ?? issue?.message ?? "is not valid";
  throw new PostriderError(
    "destination_invalid",
    `${["limits", field].filter(Boolean).join(".")}: ${message}`,
  );
}

const RANGES: Readonly<Record<string, string>> = {
  ratePerSecond: "must be a number from 0.001 to 100000",
  concurrency: "must be a whole number from 1 to 10000",
};
