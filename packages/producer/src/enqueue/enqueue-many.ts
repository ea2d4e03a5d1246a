// Enqueueing a run: any number of customers, in chunks, with flat memory. Stopped half-way and started again
// with the same run, it takes in only the rest.

import { setTimeout } from "node:timers/promises";
import type { Admission } from "@postrider/redis/scripts/take-in";
import { toActionRef } from "@postrider/shared/action-ref";
import {
  type Customer,
  type EventData,
  parseRunId,
  toDeliveryId,
  type Values,
} from "@postrider/shared/delivery";
import { hasCode, PostriderError } from "@postrider/shared/errors";
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
import type { Failed } from "./part-by-home.ts";
import { createRunEntrance, findRunBegun } from "./run-entrance.ts";
import type { Taken, Ways } from "./ways.ts";

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
  const { ways, actions, runs, backlogMax } = dependencies;
  return async (order) => {
    checkRunOrder(order);
    const run = parseRunId(order.run);
    const home = toHome(order.lane, true);
    const times = toTimes(order);
    const [begun] = await Promise.all([findRunBegun(ways, run), ways.look()]);
    const saved = await getOpen(actions, resolveAction(order.action, begun?.action ?? null));
    const lookForArchive = createArchiveLook(actions, saved.id, Date.now);
    const action = toActionRef(saved);
    const frame = { action, run, ...home, ...times, ...toExtras(order) };
    const entrance = createRunEntrance({ ways, saved, begun, frame, backlogMax });
    const enqueuedBefore = await entrance.open();
    if (order.hold === true) await runs.hold(run);

    const totals = { enqueued: 0, duplicates: 0, recovered: 0 };
    const acknowledged = createAcknowledged();
    const report = (isPaused: boolean): void =>
      order.onProgress?.({ acknowledged: acknowledged.count(), ...totals, isPaused });
    let handedOn = enqueuedBefore;
    const failed: Failed[] = [];
    let chunksFree = 0;
    const waitForRoom = async (): Promise<void> => {
      if (chunksFree === 0) chunksFree = await entrance.lookForRoom(handedOn);
      while (chunksFree === 0) {
        report(true);
        await pause(BACKLOG_POLL_MS, order.signal);
        await lookForArchive();
        await ways.look();
        chunksFree = await entrance.lookForRoom(handedOn);
      }
      chunksFree -= 1;
    };
    const take = async (chunk: readonly Admission[]): Promise<void> => {
      const before = handedOn;
      handedOn += chunk.length;
      const acknowledge = acknowledged.expect(chunk.length);
      // Looked at after the wait for customers, which may have been long.
      await Promise.all([ways.look(), lookForArchive()]);
      const taken = await ways.take(chunk, (way) => entrance.enter(way, before));
      entrance.note(taken);
      totals.enqueued += taken.enqueued;
      totals.duplicates += taken.duplicates;
      totals.recovered += taken.recovered;
      // While a shard is away the others take in what is theirs.
      failed.push(...toBearable(taken, ways));
      if (taken.failed.length === 0) acknowledge();
      report(false);
    };
    const toItem = (customer: Customer): Admission | null => {
      const admitted = tryToAdmitted(customer, frame, dependencies, order.onInvalid);
      if (admitted === null) return null;
      // The customer itself has it: a sealed delivery does not show it.
      const id = toDeliveryId({ run, customerId: customer.id });
      return frame.sendAt === undefined ? { id, ...admitted } : { id, ...admitted, sendAt: frame.sendAt };
    };
    const size = CHUNK * ways.all().length;
    await handOnInChunks({ from: order.customers, size, toItem, waitForRoom, take, signal: order.signal });
    throwIfUnknown(run, failed);
    await entrance.confirm();
    if (order.open !== true) await entrance.close();
    return { run, action, ...totals };
  };
}

/** What failed because a shard is away, beside others that are there. @throws any other failure. */
function toBearable({ failed }: Taken, ways: Ways): readonly Failed[] {
  const grave = failed.find(({ error }) => error.code !== "redis_unavailable");
  const [first] = failed;
  if (first !== undefined && (grave !== undefined || !ways.isAnyUp())) throw (grave ?? first).error;
  return failed;
}

function throwIfUnknown(run: string, failed: readonly Failed[]): void {
  const [first] = failed;
  if (first === undefined) return;
  const count = failed.reduce((sum, { ids }) => sum + ids.length, 0);
  throw new PostriderError(
    "redis_unavailable",
    `of the run ${run} all is taken in but ${count} deliveries of which that is not known, since their shard did not answer (${first.error.message}); enqueue the same run again: only what is missing is taken in`,
    { cause: first.error },
  );
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

/** @throws `aborted` as soon as the signal fires. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  throwIfAborted(signal);
}
