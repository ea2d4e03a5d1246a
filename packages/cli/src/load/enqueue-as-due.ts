// Enqueues the deliveries of a load when they are due, in small groups. A group that Redis does not take is
// handed in again under the same keys; those that become due meanwhile do not wait for it.

import type { Producer } from "@postrider/producer/producer";
import { PostriderError } from "@postrider/shared/errors";
import { createSleeper } from "@postrider/shared/sleeper";
import { type Quantiles, toQuantiles } from "./arrivals.ts";
import { createLoadCustomers } from "./load-action.ts";
import type { LoadSchedule } from "./load-schedule.ts";

export interface EnqueuedFigures {
  readonly enqueued: number;
  /** Enqueues of a group that failed, and were tried again. */
  readonly enqueueFailures: number;
  /** From due to Redis' answer that it is kept; null where none was enqueued. */
  readonly dueToEnqueuedMs: Quantiles | null;
}

export interface LoadProgress {
  readonly due: number;
  readonly enqueued: number;
  readonly arrived: number;
  readonly count: number;
}

export interface EnqueueAsDueOptions {
  readonly producer: Pick<Producer, "enqueueAll">;
  readonly schedule: LoadSchedule;
  readonly payloadBytes: number;
  readonly lane?: string;
  readonly action: string;
  /** Tells keys of one load from those of another. */
  readonly token: string;
  /** When the first was due, and until when a group is tried, by `performance.now()`. */
  readonly startedAt: number;
  readonly endsAt: number;
  readonly signal: AbortSignal;
  /** Told some times a second, with how many are enqueued. */
  readonly onTick: (enqueued: number, due: number) => void;
}

/** How often what has become due is enqueued: at a few hundred a second already groups form. */
const TICK_MS = 10;
const GROUP_MAX = 500;
/** Groups under way at once; more would only wait for each other. */
const GROUPS_MAX = 64;
const AGAIN_MS = 200;

/**
 * Resolves when all are enqueued, or it is no longer waited for. @throws what the producer throws, but for
 * what passes.
 */
export async function enqueueAsDue(options: EnqueueAsDueOptions): Promise<EnqueuedFigures> {
  const { schedule, startedAt, onTick } = options;
  const { count, dueBy } = schedule;
  const groups = createGroups(options);
  for (let next = 0; next < count && !groups.isOver(); ) {
    const due = dueBy(performance.now() - startedAt);
    while (next < due && groups.underWay() < GROUPS_MAX) {
      const to = Math.min(due, next + GROUP_MAX);
      groups.begin(next, to);
      next = to;
    }
    onTick(groups.enqueued(), due);
    await (next < due ? groups.untilRoom() : createSleeper().sleep(TICK_MS));
  }
  return groups.end();
}

function createGroups(options: EnqueueAsDueOptions) {
  const { producer, schedule, startedAt, endsAt, signal } = options;
  const toOrders = createOrders(options);
  const delays = new Float64Array(schedule.count);
  const underWay = new Set<Promise<void>>();
  const failed: unknown[] = [];
  let enqueued = 0;
  let enqueueFailures = 0;
  const isOver = (): boolean => signal.aborted || failed.length > 0 || performance.now() > endsAt;
  const tryOnce = async (orders: ReturnType<typeof toOrders>): Promise<boolean> => {
    try {
      await producer.enqueueAll(orders);
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      enqueueFailures += 1;
      return false;
    }
  };
  const enqueue = async (from: number, to: number): Promise<void> => {
    const orders = toOrders(from, to);
    while (!(await tryOnce(orders))) {
      if (isOver()) return;
      await createSleeper().sleep(AGAIN_MS);
    }
    const at = performance.now() - startedAt;
    for (let index = from; index < to; index++) delays[enqueued++] = at - schedule.dueAt(index);
  };
  return {
    isOver,
    underWay: () => underWay.size,
    enqueued: () => enqueued,
    untilRoom: () => Promise.race(underWay),
    begin(from: number, to: number): void {
      const group = enqueue(from, to)
        .catch((error: unknown) => void failed.push(error))
        .finally(() => underWay.delete(group));
      underWay.add(group);
    },
    async end(): Promise<EnqueuedFigures> {
      await Promise.all(underWay);
      if (failed.length > 0) throw failed[0];
      return { enqueued, enqueueFailures, dueToEnqueuedMs: toQuantiles(delays.subarray(0, enqueued)) };
    },
  };
}

function createOrders({ action, payloadBytes, token, lane }: EnqueueAsDueOptions) {
  const toCustomer = createLoadCustomers(payloadBytes);
  return (from: number, to: number) =>
    Array.from({ length: to - from }, (_, place) => ({
      action,
      customer: toCustomer(from + place),
      key: `load-${token}-${from + place}`,
      ...(lane !== undefined && { lane }),
    }));
}

/** Redis may take it later. What it has taken already is known by its key. */
function isPassing(error: unknown): boolean {
  return error instanceof PostriderError && ["redis_unavailable", "redis_full"].includes(error.code);
}
