// A worker process's view of a shard's lanes, and serving them. What it knows of them is made first, since
// the steps of a delivery look at it; claiming, and the duties that keep lanes, begin with all of that at
// hand.

import { createFigures, FIGURES_MS, type InstallationFigures } from "@postrider/redis/figures";
import { createHeartbeat } from "@postrider/redis/heartbeat";
import { createLaneDirectory, type LaneDirectory } from "@postrider/redis/lane-directory";
import { asOnly } from "@postrider/redis/lease";
import { repeat } from "@postrider/redis/periodic";
import { probeRedis } from "@postrider/redis/probe";
import { dropOldLetters } from "@postrider/redis/scripts/expire-letters";
import { reclaimUnserved } from "@postrider/redis/scripts/reclaim";
import type { Shard, Store } from "@postrider/redis/shard";
import type { Logger } from "@postrider/shared/log";
import type { Settings } from "@postrider/shared/settings/settings";
import { createDestinationTracker, type DestinationTracker } from "./destinations/destination-tracker.ts";
import { createFailureWindow } from "./destinations/failure-window.ts";
import type { Scout } from "./destinations/scout.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { createAudit } from "./maintain/audit.ts";
import { createJudge } from "./maintain/judge.ts";
import { createShareRates, SHARE_RATES_MS } from "./maintain/share-rates.ts";
import type { Metrics } from "./record/metrics.ts";
import { createLiveness } from "./serve/liveness.ts";
import { createServing, type ServingOptions } from "./serve/serve.ts";
import type { ShardSlots } from "./serve/slots.ts";

/** Known to all within a second: half of it for the look, the rest for the way. */
const LOOK_MS = 400;
/** A circuit opens soon after the attempt that was too many. */
const REPORT_MS = 250;
const HEARTBEAT_MS = 2_500;
const AUDIT_MS = 10_000;
/** How soon operators are told of what is judged. */
const JUDGE_MS = 2_000;
const LIVENESS_MS = 5_000;

/** What a worker process knows of the lanes. */
export interface LaneView {
  readonly directory: LaneDirectory;
  readonly destinations: DestinationTracker;
  readonly inFlight: InFlight;
  readonly figures: InstallationFigures;
}

export interface LaneViewOptions {
  readonly shard: Shard;
  readonly store: Store;
  readonly settings: Settings;
  readonly scout: Scout;
  readonly slots: ShardSlots;
}

/** @returns the view as the registry is now; `serveLanes` keeps it up to date. */
export async function createLaneView({
  shard,
  store,
  settings,
  scout,
  slots,
}: LaneViewOptions): Promise<LaneView> {
  const directory = createLaneDirectory(shard);
  await directory.refresh();
  const inFlight = createInFlight(Date.now);
  const destinations = createDestinationTracker({
    directory,
    failures: createFailureWindow(shard, settings.circuitWindowMs),
    inFlight,
    scout,
    concurrency: () => slots.evenPart(settings.concurrency),
    circuit: settings,
    now: Date.now,
  });
  const figures = createFigures({ ...settings, shard, store, directory });
  return { directory, destinations, inFlight, figures };
}

export interface ServedLanes {
  /** The lane in which this process claims nothing although it should; null while all is well. */
  stuckIn(): string | null;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  close(): Promise<void>;
}

export interface ServeLanesOptions {
  /** Tells this process from others. */
  readonly self: string;
  /** The names of the shards that share what destinations grant. */
  readonly sharing: () => readonly string[];
  readonly shard: Shard;
  readonly store: Store;
  readonly view: LaneView;
  readonly settings: Settings;
  /** This shard's part in the process' slots. */
  readonly slots: ShardSlots;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Begins to serve a lane. */
  readonly start: ServingOptions["start"];
  /** Told of each claim that ran out in a lane that nobody serves. */
  readonly reclaimed: (lane: string, deliveryId: string) => void;
}

/** Claims from all lanes that this process should serve, and carries out its duties, until it is closed. */
export function serveLanes(options: ServeLanesOptions): ServedLanes {
  const { shard, settings, metrics, log } = options;
  const { directory, destinations, inFlight } = options.view;
  const heartbeat = createHeartbeat(shard, options.self, settings.lanes);
  const serving = createServing({
    ...settings,
    shard,
    directory,
    inFlight,
    parts: options.slots,
    sharedLanes: settings.lanes,
    self: options.self,
    processes: heartbeat.processes,
    start: options.start,
  });
  const liveness = createLiveness({ shard, directory, slots: serving.slots, inFlight, now: Date.now });
  const look = async (): Promise<void> => {
    await directory.refresh();
    await serving.adjust();
    metrics.ownLanes(directory.all(), serving.counts());
    metrics.inFlightLimits(serving.slots());
  };
  const reclaim = () =>
    reclaimUnserved({
      ...settings,
      shard,
      directory,
      isServed: (lane) => serving.slots().has(lane),
      reclaimed: options.reclaimed,
    });
  const duties = [
    repeat("look", LOOK_MS, look, log),
    repeat("report", REPORT_MS, destinations.report, log),
    repeat("liveness", LIVENESS_MS, liveness.check, log),
    repeat("heartbeat", HEARTBEAT_MS, () => heartbeat.show(directory.now()), log),
    repeat("reclaim", settings.stalledCheckMs, reclaim, log),
    probeRedis(shard.redis, metrics.redis, log),
    ...startSharedDuties(options),
  ];

  return {
    stuckIn: liveness.stuckIn,
    async close() {
      // Redis may be away, and what is in flight must end all the same.
      for (const duty of duties) void duty.stop();
      await serving.close();
      await Promise.race([Promise.all(duties.map((duty) => duty.stop())), soon()]);
      await Promise.race([heartbeat.leave(), soon()]).catch(() => undefined);
    },
  };
}

/** What one worker does for all, whichever comes first. */
function startSharedDuties({ shard, store, view, settings, sharing, metrics, log }: ServeLanesOptions) {
  const { directory, figures } = view;
  const audit = createAudit(shard, store, directory, log);
  const isArchived = async (action: string): Promise<boolean> =>
    (await store.redis.sismember(store.keys.archivedActions(), action)) === 1;
  const judge = createJudge({ ...settings, shard, directory, isArchived });
  const letters = { shard, ageMs: settings.deadLettersAgeMs, dropped: metrics.deadLettersDropped };
  const dropOld = () => asOnly(shard, "old-letters", AUDIT_MS, () => dropOldLetters(letters));
  return [
    repeat("figures", FIGURES_MS, figures.gather, log),
    repeat("rate-shares", SHARE_RATES_MS, createShareRates({ shard, store, directory, sharing }), log),
    repeat("old-letters", AUDIT_MS, dropOld, log),
    repeat("judge", JUDGE_MS, () => asOnly(shard, "judge", JUDGE_MS, judge), log),
    repeat(
      "audit",
      AUDIT_MS,
      async () => {
        metrics.audited(await asOnly(shard, "audit", AUDIT_MS, audit.run));
      },
      log,
    ),
  ];
}

/** How long leaving politely may take. */
const LEAVE_MS = 1_000;

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref());
}
