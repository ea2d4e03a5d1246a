// What serves one shard, made once for each that a process serves: what is known of its lanes, what claims
// from them, records and keeps count, and this process' part in the shard's duties. What a process has once
// (its connections, compiled actions, credentials, metrics, log) is handed in.

import type { Composer } from "@postrider/compose/apart/composer";
import type { InstallationFigures } from "@postrider/redis/figures";
import { createLedger } from "@postrider/redis/ledger";
import { createRollUps } from "@postrider/redis/roll-ups";
import { createBury } from "@postrider/redis/scripts/bury";
import { createMove } from "@postrider/redis/scripts/move";
import type { Shard, Store } from "@postrider/redis/shard";
import { createTestSendQueue } from "@postrider/redis/test-send-queue";
import type { Logger } from "@postrider/shared/log";
import type { Sealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import type { FindAction } from "./action-cache.ts";
import { type LaneOptions, serveLane, toReclaimed } from "./claim.ts";
import { decideUnrecorded } from "./decide/decide.ts";
import { deliver } from "./deliver.ts";
import { createRateLimiter } from "./destinations/rate-limiter.ts";
import { createScout } from "./destinations/scout.ts";
import type { Draining } from "./drain.ts";
import type { Interrupts } from "./interrupts.ts";
import type { AttemptLog } from "./record/attempt-log.ts";
import { measureCompose } from "./record/measured-compose.ts";
import type { Records } from "./record/record.ts";
import type { ShardMetrics } from "./record/shard-metrics.ts";
import { serveTestSends } from "./serve/answer-test-sends.ts";
import type { ShardSlots } from "./serve/slots.ts";
import { createGate } from "./steps/gate.ts";
import type { Send } from "./steps/send.ts";
import { createSteps, type StepsOptions } from "./steps.ts";
import { testAction } from "./test-send.ts";
import type { DeliveryTracing } from "./trace/delivery-tracing.ts";
import { createLaneView, type LaneView, type ServedLanes, serveLanes } from "./worker-lanes.ts";

/** What the shards of a process have in common. */
export interface ProcessParts {
  /** Tells this process from others. */
  readonly self: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly store: Store;
  readonly sealer: Sealer;
  /** The names of the shards that share what all keep together. */
  readonly sharing: () => readonly string[];
  readonly attempts: AttemptLog;
  readonly interrupts: Interrupts;
  /** Once off, nothing more is sent. */
  readonly calling: Draining["calling"];
  readonly send: Send;
  readonly steps: Pick<StepsOptions, "unseal" | "authorize"> & {
    readonly findAction: FindAction;
    readonly compose: Composer["compose"];
  };
  /** Null while traces are off. */
  readonly tracing: DeliveryTracing | null;
}

/** What a shard has of them for itself. */
export interface ShardParts {
  readonly metrics: ShardMetrics;
  readonly slots: ShardSlots;
}

export interface ShardServer {
  readonly shard: Shard;
  readonly figures: InstallationFigures;
  /** Claims from now on. @param ownPort one that no test send may reach. */
  start(ownPort: number): void;
  /** The lane in which nothing is claimed although it should be; null while all is well. */
  stuckIn(): string | null;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  closeLanes(): Promise<unknown>;
  /** Lets go of the rest. */
  close(): Promise<unknown>;
}

/** Reads what there is to know of the shard's lanes; `start` begins to claim. */
export async function createShardServer(
  shard: Shard,
  { metrics, slots }: ShardParts,
  shared: ProcessParts,
): Promise<ShardServer> {
  const { settings, log, store } = shared;
  const scout = createScout({ shard, ...shared.steps, random: Math.random });
  const view = await createLaneView({ shard, store, settings, scout, slots });
  const rollUps = createRollUps(shard, settings, view.directory.now);
  const records: Records = {
    ...shared,
    ...settings,
    metrics,
    rollUps,
    ledger: createLedger(shard, settings),
    now: Date.now,
    decideUnrecorded,
  };
  const laneOptions: LaneOptions = {
    ...settings,
    shard,
    records,
    move: createMove(shard),
    bury: createBury(shard, settings),
    inFlight: view.inFlight,
    deliver: createDeliver(shard, view, { metrics, slots }, shared),
    tracing: shared.tracing,
    log,
  };
  let running: Running | undefined;
  return {
    shard,
    figures: view.figures,
    start(ownPort) {
      const start = (lane: string, concurrency: number) => serveLane(lane, concurrency, laneOptions);
      const reclaimed = toReclaimed(metrics, log);
      running = {
        testSends: serveTests(shard, ownPort, shared),
        lanes: serveLanes({
          ...shared,
          shard,
          store,
          view,
          settings,
          slots,
          metrics,
          log,
          reclaimed,
          start,
        }),
      };
    },
    stuckIn: () => running?.lanes.stuckIn() ?? null,
    closeLanes: () => Promise.all([running?.lanes.close(), running?.testSends.stop()]),
    async close() {
      slots.leave();
      metrics.leave();
      await rollUps.close();
    },
  };
}

/** What claims and carries out, from `start` on. */
interface Running {
  readonly lanes: ServedLanes;
  readonly testSends: ReturnType<typeof serveTestSends>;
}

function createDeliver(
  shard: Shard,
  { directory, destinations, inFlight }: LaneView,
  { metrics, slots }: ShardParts,
  { settings, steps, send, calling, interrupts }: ProcessParts,
): LaneOptions["deliver"] {
  const rateLimiter = createRateLimiter({ ...settings, shard, find: directory.get, interrupts });
  const awaitTurn = (lane: string) => (calling.isOff ? null : rateLimiter.wait(lane));
  const slotsOf = (lane: string) => slots.granted(lane, settings.concurrency);
  const gate = createGate({ directory, inFlight, metrics, slotsOf, now: Date.now });
  const compose = measureCompose(steps.compose, metrics);
  const all = createSteps({ ...steps, ...destinations, compose, awaitTurn, send, now: Date.now }, gate);
  const delivering = { steps: all, now: Date.now, random: Math.random };
  return (claimed, past) => deliver(claimed, past, delivering);
}

function serveTests(
  shard: Shard,
  ownPort: number,
  { settings, sealer, steps, log }: ProcessParts,
): ReturnType<typeof serveTestSends> {
  return serveTestSends({
    sealer,
    log,
    findAction: steps.findAction,
    queue: createTestSendQueue(shard),
    send: ({ action }, sample, bin) => testAction(action, sample, settings, { ownPorts: [ownPort], bin }),
    now: Date.now,
  });
}
