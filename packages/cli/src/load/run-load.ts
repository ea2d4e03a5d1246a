// An open-model load: deliveries are enqueued when the schedule says so, and not when those before them have
// arrived, as a campaign's customers do not wait for each other either. What could not be enqueued in time is
// enqueued as soon as it can be, and its delay counts.

import type { Producer } from "@postrider/producer/producer";
import { PostriderError } from "@postrider/shared/errors";
import { createSleeper } from "@postrider/shared/sleeper";
import { type ArrivalFigures, createArrivals } from "./arrivals.ts";
import { type EnqueuedFigures, enqueueAsDue, type LoadProgress } from "./enqueue-as-due.ts";
import { createLoadCustomers, LOAD_ACTION, toLoadAction } from "./load-action.ts";
import { type ReceiverFigures, startLoadReceiver } from "./load-receiver.ts";
import type { LoadSchedule } from "./load-schedule.ts";

export interface LoadOptions {
  readonly producer: Pick<Producer, "actions" | "enqueue" | "enqueueAll" | "deliveries">;
  readonly schedule: LoadSchedule;
  readonly payloadBytes: number;
  /** Share of the requests that the receiver answers with a failure, so that they come again. */
  readonly failures: number;
  readonly latencyMs: number;
  readonly listen: { readonly host: string; readonly port: number };
  /** How workers reach the receiver; absent: where it listens. */
  readonly receiver?: string;
  readonly lane?: string;
  /** How long it is waited for what is missing after the last delivery was due. */
  readonly settleMs: number;
  /** Tells keys of one load from those of another. */
  readonly token: string;
  readonly signal: AbortSignal;
  readonly onStart?: () => Promise<void>;
  /** The last delivery has arrived, or was given up. */
  readonly onEnd?: () => Promise<void>;
  readonly onProgress?: (progress: LoadProgress) => void;
}

export interface LoadReport extends ArrivalFigures, EnqueuedFigures {
  readonly ratePerSecond: number;
  /** How many were due in all. */
  readonly count: number;
  /** From the first delivery's due time to the last one's arrival. */
  readonly tookMs: number;
  readonly receiver: ReceiverFigures;
}

const POLL_MS = 50;

/**
 * @throws PostriderError `worker_unavailable` where a first delivery does not arrive, `port_taken`, what the
 * producer throws, and the signal's reason.
 */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { schedule, producer, latencyMs, listen, signal } = options;
  const arrivals = createArrivals(options);
  let startedAt = Number.POSITIVE_INFINITY;
  let hasBegun = false;
  const receiver = await startLoadReceiver({
    ...listen,
    latencyMs,
    came(path) {
      const at = performance.now() - startedAt;
      const index = /^\/(\d+)\?/.exec(path)?.[1];
      hasBegun ||= path.startsWith(`/${FIRST}?`);
      return index === undefined || arrivals.came(Number(index), at);
    },
  });
  try {
    await producer.actions.apply(toLoadAction(options.receiver ?? receiver.url));
    await sendFirst(options, () => hasBegun);
    await options.onStart?.();
    startedAt = performance.now();
    const endsAt = startedAt + schedule.dueAt(schedule.count) + options.settleMs;
    const tell = (enqueued: number, due: number): void =>
      options.onProgress?.({ due, enqueued, arrived: arrivals.accepted(), count: schedule.count });
    const enqueued = await enqueueAsDue({ ...options, startedAt, endsAt, onTick: tell });
    while (arrivals.accepted() < schedule.count && performance.now() < endsAt && !signal.aborted) {
      tell(enqueued.enqueued, schedule.count);
      await createSleeper().sleep(POLL_MS);
    }
    const tookMs = performance.now() - startedAt;
    signal.throwIfAborted();
    await options.onEnd?.();
    // Nobody enqueues for it by mistake; the next load opens it again.
    await producer.actions.archive(LOAD_ACTION);
    const { ratePerSecond, count } = schedule;
    return { ratePerSecond, count, ...enqueued, ...arrivals.figures(), tookMs, receiver: receiver.figures() };
  } finally {
    await receiver.close();
  }
}

/** The id of the customer of the delivery that goes ahead of all. */
const FIRST = "first";
const FIRST_MS = 15_000;

/** Thousands of deliveries to where no worker may or can send would fill somebody's dead letters. */
async function sendFirst(options: LoadOptions, hasArrived: () => boolean): Promise<void> {
  const { producer, lane, payloadBytes, signal } = options;
  const customer = { ...createLoadCustomers(payloadBytes)(0), id: FIRST };
  const { id } = await producer.enqueue({ action: LOAD_ACTION, customer, ...(lane && { lane }) });
  const deadline = performance.now() + FIRST_MS;
  while (!hasArrived()) {
    signal.throwIfAborted();
    const { state, outcome, attempts } = await producer.deliveries.show(id);
    const fault = attempts.at(-1)?.rule;
    // It may have come while this was asked.
    if (hasArrived()) return;
    if (outcome !== null || performance.now() > deadline) {
      if (outcome === null) await producer.deliveries.cancel(id).catch(() => undefined);
      throw toUnreachable(outcome?.reason ?? state, fault);
    }
    await createSleeper().sleep(POLL_MS);
  }
}

function toUnreachable(what: string, why: string | undefined): PostriderError {
  return new PostriderError(
    "worker_unavailable",
    `the first delivery did not reach the receiver (${what}${why === undefined ? "" : `: ${why}`}); let workers run that serve its lane, let them send to it (POSTRIDER_ALLOW_NETWORKS=127.0.0.0/8 for one on this machine), and with --receiver name it as they reach it`,
  );
}
