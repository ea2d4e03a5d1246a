// Enqueueing a run: any number of customers, in chunks, with flat memory. Stopped half-way and started again
// with the same run, it takes in only the rest.

import { setTimeout } from "node:timers/promises";
import { asProducer } from "@postrider/redis/connect";
import type { Admission, Entrance } from "@postrider/redis/scripts/admit";
import { toActionRef } from "@postrider/shared/action-ref";
import {
  type Customer,
  type EventData,
  homeOf,
  parseRunId,
  toDeliveryId,
  type Values,
} from "@postrider/shared/delivery";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import { toRetryPolicy } from "@postrider/shared/retry";
import { createArchiveLook, getOpen } from "../actions/archived.ts";
import { createAcknowledged } from "./acknowledged.ts";
import { CHUNK, handOnInChunks, throwIfAborted } from "./chunks.ts";
import {
  type Admitted,
  type DeliveryFrame,
  type DeliveryTimes,
  type EnqueueDependencies,
  toAdmitted,
  toExtras,
  toHome,
  toTimes,
} from "./enqueue.ts";
import { checkRunOrder } from "./order.ts";

/** A look at the backlog costs a round trip, so far from the mark it is good for some chunks. */
const CHUNKS_PER_LOOK_MAX = 8;
const BACKLOG_POLL_MS = 250;

export interface RunOrder extends DeliveryTimes {
  /** `id` for the latest version (or for the one that the run was begun with), or `id@version`. */
  readonly action: string;
  readonly customers: Iterable<Customer> | AsyncIterable<Customer>;
  /** Names the batch; the same run and customer are one delivery, whenever they are enqueued. */
  readonly run: string;
  readonly event?: EventData;
  /** What else the templates see: `event_name`, `trigger`, `campaign` and the like. */
  readonly values?: Values;
  readonly lane?: string;
  /** At most ten short texts, which the outcomes of all its deliveries carry. */
  readonly labels?: readonly string[];
  /** As of a single delivery: what the traces of all of them link to. */
  readonly traceparent?: string;
  /** The deliveries wait until the run, or one of them, is released. */
  readonly hold?: boolean;
  /**
   * More customers of this run will come, by another call: the run is not closed when this one has taken its
   * customers in.
   */
  readonly open?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Is told a customer that cannot be enqueued, such as one that is too large, before the next one is asked
   * for; the others are enqueued. Absent: such a customer ends the enqueueing.
   */
  readonly onInvalid?: (customer: Customer, error: PostriderError) => void;
  readonly signal?: AbortSignal;
}

export interface Progress {
  /** Counted from the first, without invalid ones: so many are taken in, and none of them is missing. */
  readonly acknowledged: number;
  readonly enqueued: number;
  readonly duplicates: number;
  /** Known before, and lost from Redis since then: taken in again. */
  readonly recovered: number;
  /** True while the lane's backlog is above its high-water mark and nothing is added. */
  readonly isPaused: boolean;
}

export interface RunEnqueued {
  readonly run: string;
  /** `id@version`. */
  readonly action: string;
  readonly enqueued: number;
  readonly duplicates: number;
  /** Known before, and lost from Redis since then: taken in again. */
  readonly recovered: number;
}

export type EnqueueMany = (order: RunOrder) => Promise<RunEnqueued>;

/**
 * @throws from the returned function: `customer_invalid`, `delivery_invalid`, `action_unknown`,
 * `action_archived`, also when that happens meanwhile, `run_mismatch`, `run_cancelled`, `run_full`,
 * `aborted`, `redis_unavailable`, `redis_full`, `redis_lost`. What was taken in by then stays; the same call
 * again goes on.
 */
export function createEnqueueMany(dependencies: EnqueueDependencies): EnqueueMany {
  const { admit, lanes, actions, runs, routing, backlogMax } = dependencies;
  return async (order) => {
    checkRunOrder(order);
    const run = parseRunId(order.run);
    const home = toHome(order.lane, true);
    const times = toTimes(order);
    const [begunWith] = await Promise.all([runs.actionOf(run), routing.look()]);
    const saved = await getOpen(actions, resolveAction(order.action, begunWith));
    const lookForArchive = createArchiveLook(actions, saved.id, Date.now);
    const action = toActionRef(saved);
    const enqueuedBefore = await runs.open(run, { action, lane: home.lane ?? chooseLane(true) });
    if (order.hold === true) await runs.hold(run);

    const frame: DeliveryFrame = { action, run, ...home, ...times, ...toExtras(order) };
    const totals = { enqueued: 0, duplicates: 0, recovered: 0 };
    const acknowledged = createAcknowledged();
    const report = (isPaused: boolean): void =>
      order.onProgress?.({ acknowledged: acknowledged.count(), ...totals, isPaused });
    let handedOn = enqueuedBefore;
    let refusal: PostriderError | undefined;
    const toEntrance = (before: number): Entrance => {
      const ownLane = routing.toRun(run, saved, before) ?? routing.toDestination(saved);
      const queue = lanes.queue(ownLane?.lane ?? homeOf(frame));
      return { queue, ownLane, run, attempts: toRetryPolicy(saved.action.retry).attempts, refusal };
    };
    /** How many more chunks may be taken in before the next look; 0: it is full. */
    const lookForRoom = async (): Promise<number> => {
      const { queue, ownLane } = toEntrance(handedOn);
      const { waiting, delayed } = await lanes.backlog(queue.name);
      const room = backlogMax - waiting - delayed;
      // Nothing ends in a held run's lane, so the wait would be for ever. What is there already may come
      // again.
      refusal = room <= 0 && ownLane?.isHeld === true ? fullRun(run, backlogMax) : undefined;
      if (refusal !== undefined) return 1;
      return room <= 0 ? 0 : Math.min(CHUNKS_PER_LOOK_MAX, Math.max(1, Math.floor(room / CHUNK)));
    };
    let chunksFree = 0;
    const waitForRoom = async (): Promise<void> => {
      if (chunksFree === 0) chunksFree = await lookForRoom();
      while (chunksFree === 0) {
        report(true);
        await pause(BACKLOG_POLL_MS, order.signal);
        await lookForArchive();
        await routing.look();
        chunksFree = await lookForRoom();
      }
      chunksFree -= 1;
    };
    const take = async (chunk: readonly Admission[]): Promise<void> => {
      const before = handedOn;
      handedOn += chunk.length;
      const acknowledge = acknowledged.expect(chunk.length);
      // Looked at after the wait for customers, which may have been long.
      await Promise.all([routing.look(), lookForArchive()]);
      const { enqueued, duplicates, recovered } = await asProducer(() => admit(chunk, toEntrance(before)));
      totals.enqueued += enqueued;
      totals.duplicates += duplicates;
      totals.recovered += recovered;
      acknowledge();
      report(false);
    };
    const toItem = (customer: Customer): Admission | null => {
      const admitted = tryToAdmitted(customer, frame, dependencies, order.onInvalid);
      if (admitted === null) return null;
      // The customer itself has it: a sealed delivery does not show it.
      const id = toDeliveryId({ run, customerId: customer.id });
      return frame.sendAt === undefined ? { id, ...admitted } : { id, ...admitted, sendAt: frame.sendAt };
    };
    await handOnInChunks({ from: order.customers, toItem, waitForRoom, take, signal: order.signal });
    await runs.confirm(run, enqueuedBefore + totals.enqueued);
    if (order.open !== true) await runs.close(run);
    return { run, action, ...totals };
  };
}

/** Null where the customer is invalid and somebody was told. @throws `customer_invalid` where nobody is. */
function tryToAdmitted(
  customer: Customer,
  frame: DeliveryFrame,
  dependencies: EnqueueDependencies,
  onInvalid: RunOrder["onInvalid"],
): Admitted | null {
  try {
    return toAdmitted(customer, frame, dependencies);
  } catch (error) {
    if (onInvalid === undefined || !hasCode(error, "customer_invalid")) throw error;
    onInvalid(customer, error as PostriderError);
    return null;
  }
}

/** A run that was begun with a version goes on with it, also when a newer one was saved meanwhile. */
function resolveAction(ref: string, begunWith: string | null): string {
  return begunWith?.startsWith(`${ref}@`) ? begunWith : ref;
}

function fullRun(run: string, backlogMax: number): PostriderError {
  return new PostriderError(
    "run_full",
    `the run ${run} is held and has ${backlogMax} deliveries, as many as POSTRIDER_BACKLOG_MAX (backlogMax) lets wait in one lane; raise that, or release the run, and enqueue the same run again: only what is missing is taken in`,
  );
}

/** @throws `aborted` as soon as the signal fires. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  throwIfAborted(signal);
}
