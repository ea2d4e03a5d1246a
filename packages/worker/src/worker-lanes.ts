// Everything about lanes that a worker process holds: the registry, its destinations, the lanes that it
// serves, and the duties that keep them. Made once, closed once.

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
import type { Worker } from "bullmq";
import { createDestinationTracker, type DestinationTracker } from "./destinations/destination-tracker.ts";
import { createFailureWindow } from "./destinations/failure-window.ts";
import type { Scout } from "./destinations/scout.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { createAudit } from "./maintain/audit.ts";
import { createJudge } from "./maintain/judge.ts";
import type { Metrics } from "./record/metrics.ts";
import { createLiveness } from "./serve/liveness.ts";
import { createServing } from "./serve/serve.ts";

/** Known to all within a second: half of it for the look, the rest for the way. */
const LOOK_MS = 400;
/** A circuit opens soon after the attempt that was too many. */
const REPORT_MS = 250;
const HEARTBEAT_MS = 2_500;
const AUDIT_MS = 10_000;
/** How soon operators are told of what is judged. */
const JUDGE_MS = 2_000;
const LIVENESS_MS = 5_000;

export interface WorkerLanes {
  readonly directory: LaneDirectory;
  readonly destinations: DestinationTracker;
  readonly inFlight: InFlight;
  readonly figures: InstallationFigures;
  /** The lane in which this process claims nothing although it should; null while all is well. */
  stuckIn(): string | null;
  /** Claims from all lanes that this process should serve, through BullMQ's workers as `start` makes them. */
  serve(start: (lane: string, concurrency: number) => Worker): void;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  close(): Promise<void>;
}

export interface WorkerLanesOptions {
  readonly shard: Shard;
  readonly store: Store;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly scout: Scout;
  /** Told of each claim that ran out in a lane that nobody serves. */
  readonly reclaimed: (lane: string, deliveryId: string) => void;
}

export async function createWorkerLanes({
  shard,
  store,
  settings,
  metrics,
  log,
  scout,
  reclaimed,
}: WorkerLanesOptions): Promise<WorkerLanes> {
  const directory = createLaneDirectory(shard);
  await directory.refresh();
  const inFlight = createInFlight(Date.now);
  const failures = createFailureWindow(shard, settings.circuitWindowMs);
  const destinations = createDestinationTracker({
    directory,
    failures,
    inFlight,
    scout,
    concurrency: settings.concurrency,
    circuit: settings,
    now: Date.now,
  });
  const heartbeat = createHeartbeat(shard, settings.lanes);
  const figures = createFigures({ ...settings, shard, store, directory });
  const forAll = { shard, store, directory, figures, settings, metrics, log };
  let slots: () => ReadonlyMap<string, number> = () => new Map();
  const liveness = createLiveness({ shard, directory, slots: () => slots(), inFlight, now: Date.now });
  let close: () => Promise<void> = () => Promise.resolve();

  return {
    directory,
    destinations,
    inFlight,
    figures,
    stuckIn: liveness.stuckIn,
    serve(start) {
      const serving = createServing({
        ...settings,
        shard,
        directory,
        inFlight,
        sharedLanes: settings.lanes,
        self: heartbeat.self,
        processes: heartbeat.processes,
        start,
      });
      slots = serving.slots;
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
          reclaimed,
        });
      const duties = [
        repeat("look", LOOK_MS, look, log),
        repeat("report", REPORT_MS, destinations.report, log),
        repeat("liveness", LIVENESS_MS, liveness.check, log),
        repeat("heartbeat", HEARTBEAT_MS, () => heartbeat.show(directory.now()), log),
        repeat("reclaim", settings.stalledCheckMs, reclaim, log),
        probeRedis(shard.redis, metrics.redis, log),
        ...startSharedDuties(forAll),
      ];
      close = async () => {
        // Redis may be away, and what is in flight must end all the same.
        for (const duty of duties) void duty.stop();
        await serving.close();
        await Promise.race([Promise.all(duties.map((duty) => duty.stop())), soon()]);
        await Promise.race([heartbeat.leave(), soon()]).catch(() => undefined);
      };
    },
    close: () => close(),
  };
}

type ForAll = Pick<WorkerLanesOptions, "shard" | "store" | "settings" | "metrics" | "log"> & {
  readonly directory: LaneDirectory;
  readonly figures: InstallationFigures;
};

/** What one worker does for all, whichever comes first. */
function startSharedDuties({ shard, store, directory, figures, settings, metrics, log }: ForAll) {
  const audit = createAudit(shard, store, directory, log);
  const judge = createJudge({ ...settings, shard, directory });
  const letters = { shard, ageMs: settings.deadLettersAgeMs, dropped: metrics.deadLettersDropped };
  const dropOld = () => asOnly(shard, "old-letters", AUDIT_MS, () => dropOldLetters(letters));
  return [
    repeat("figures", FIGURES_MS, figures.gather, log),
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
