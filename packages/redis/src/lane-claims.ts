// What a lane's worker asks of Redis: to claim, to be woken, to hold its claims, and to let go of them. All
// of it on BullMQ's own queue, by BullMQ's backend where that has a step for it.

import type { Delivery } from "@postrider/shared/delivery";
import { createRedisBackend, type MinimalJob, type RedisQueueBackend, type WorkerOptions } from "bullmq";
import { type ClaimedJobs, createClaimWaiting } from "./scripts/claim-waiting.ts";
import { createDropClaimed } from "./scripts/drop-claimed.ts";
import type { Claim } from "./scripts/lane-fragments.ts";
import type { Shard } from "./shard.ts";

/** A claim, where its lane is known. */
export type HeldClaim = Pick<Claim, "id" | "token">;

export interface LaneClaims {
  /** Claims for as many as there are tokens. @param now Unix ms. */
  claim(tokens: readonly string[], now: number): Promise<ClaimedJobs>;
  /**
   * Waits for something to claim. @returns Unix ms from when on there is, 0: now; null when `forMs` is over.
   */
  waitForMore(forMs: number): Promise<number | null>;
  /** Makes a wait fail at once, and others after it until `restartWaiting`. */
  stopWaiting(): Promise<void>;
  restartWaiting(): Promise<void>;
  /** Wakes another worker of the lane, or this one at its next wait. */
  wakeOthers(): Promise<void>;
  /** Holds claims for their time once more. @returns the ids of those that are lost. */
  renew(claims: readonly HeldClaim[]): Promise<string[]>;
  /** Puts back what nobody holds any more, as after a crash. @returns the ids. */
  putBackLost(): Promise<string[]>;
  /** Gives a delivery back until later, the attempt counted or not. @param delayMs 1 at least. */
  delay(claim: HeldClaim, delayMs: number, costsAttempt: boolean): Promise<void>;
  /** Gives a delivery back, to be claimed next. */
  handBack(claim: HeldClaim): Promise<void>;
  /** Changes a delivery's data. @throws where it is gone. */
  setData(id: string, data: Delivery): Promise<void>;
  /** Takes a delivery that has ended out of its lane. */
  drop(claim: HeldClaim): Promise<void>;
  close(): Promise<void>;
}

export interface LaneClaimsOptions {
  readonly shard: Shard;
  /** How long a claim holds. */
  readonly lockMs: number;
  /** How often it is looked for those that nobody holds, by whichever worker. */
  readonly stalledCheckMs: number;
  /** Told when a connection fails; it heals by itself. */
  readonly trouble: (error: Error) => void;
}

export function openLaneClaims(lane: string, options: LaneClaimsOptions): LaneClaims {
  const { shard, lockMs, stalledCheckMs } = options;
  const backendOptions: WorkerOptions = {
    connection: shard.redis,
    prefix: shard.keys.prefix,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    // BullMQ would fail the delivery past its retry policy, unrecorded; the gate counts crashes.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
  };
  const open = (): RedisQueueBackend => {
    const opened = createRedisBackend(lane, backendOptions, { withBlockingConnection: true });
    opened.on("error", options.trouble);
    return opened;
  };
  let backend = open();
  const drop = createDropClaimed(shard, lane);
  return {
    claim: createClaimWaiting(shard, lane, lockMs),
    async waitForMore(forMs) {
      const marker = await backend.waitForJob(Math.max(backend.minimumBlockTimeout, forMs / 1_000));
      return marker === null ? null : marker.score;
    },
    async wakeOthers() {
      await shard.redis.zadd(shard.keys.ofLane(lane, "marker"), 0, "0");
    },
    stopWaiting: () => backend.disconnectBlocking(),
    async restartWaiting() {
      try {
        await backend.reconnectBlocking();
      } catch (error) {
        // BullMQ keeps the failure of a connection that has never been made for good.
        void backend.close(true).catch(() => undefined);
        backend = open();
        throw error;
      }
    },
    renew: (claims) =>
      backend.extendLocks(
        claims.map(({ id }) => id),
        claims.map(({ token }) => token),
        lockMs,
      ),
    putBackLost: () => backend.moveStalledJobsToWait(),
    async delay({ id, token }, delayMs, costsAttempt) {
      await backend.moveToDelayed(id, Date.now(), delayMs, token, { skipAttempt: !costsAttempt });
    },
    async handBack({ id, token }) {
      await backend.moveJobFromActiveToWait(id, token);
    },
    setData: (id, data) => backend.updateData({ id } as MinimalJob, data),
    drop,
    close: () => backend.close(),
  };
}
