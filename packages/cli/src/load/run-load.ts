// An open-model load: deliveries are enqueued when the schedule says so, and not when those before them have
// arrived, as a campaign's customers do not wait for each other either. What could not be enqueued in time is
// enqueued as soon as it can be, and its delay counts.

import { createHash } from "node:crypto";
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
  /** Tells the requests and the keys of one load from those of others. */
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

/** Loads at the same time must not send to each other's receivers; those to the same one share an action. */
function toActionId(receiver: string): string {
  return `${LOAD_ACTION}-${createHash("sha256").update(receiver).digest("hex").slice(0, 8)}`;
}

/**
 * @throws PostriderError `worker_unavailable` where a first delivery does not arrive, `port_taken`, what the
 * producer throws, and the signal's reason.
 */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { producer, latencyMs, listen, token } = options;
  const watch = createWatch(options);
  const receiver = await startLoadReceiver({ ...listen, latencyMs, came: watch.came });
  const reached = options.receiver ?? receiver.url;
  const action = toActionId(reached);
  // Nobody enqueues for it by mistake once the load has ended, however it does.
  const archive = (): Promise<unknown> => producer.actions.archive(action);
  try {
    await producer.actions.apply(toLoadAction(action, `${reached}/${token}`));
    const report = await measure({ ...options, action }, watch);
    await archive();
    return { ...report, receiver: receiver.figures() };
  } catch (error) {
    await archive().catch(() => undefined);
    throw error;
  } finally {
    await receiver.close();
  }
}

type Watch = ReturnType<typeof createWatch>;

/** Knows what has come to the receiver, and when. */
function createWatch(options: LoadOptions) {
  const arrivals = createArrivals(options);
  const own = `/${options.token}/`;
  let startedAt = Number.POSITIVE_INFINITY;
  let hasBegun = false;
  return {
    arrivals,
    hasBegun: () => hasBegun,
    start: (): number => {
      startedAt = performance.now();
      return startedAt;
    },
    /** @returns whether the receiver accepts it. */
    came(path: string): boolean {
      const at = performance.now() - startedAt;
      // What an earlier load left behind may come to this one's port.
      if (!path.startsWith(own)) return true;
      const id = path.slice(own.length).split("?", 1)[0] ?? "";
      if (/^\d+$/.test(id)) return arrivals.came(Number(id), at);
      hasBegun ||= id === FIRST;
      return true;
    },
  };
}

async function measure(
  options: LoadOptions & { readonly action: string },
  { arrivals, hasBegun, start }: Watch,
): Promise<Omit<LoadReport, "receiver">> {
  const { schedule, signal } = options;
  await sendFirst(options, hasBegun);
  await options.onStart?.();
  const startedAt = start();
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
  const { ratePerSecond, count } = schedule;
  return { ratePerSecond, count, ...enqueued, ...arrivals.figures(), tookMs };
}

/** The id of the customer of the delivery that goes ahead of all. */
const FIRST = "first";
const FIRST_MS = 15_000;

/** Thousands of deliveries to where no worker may or can send would fill somebody's dead letters. */
async function sendFirst(
  options: LoadOptions & { readonly action: string },
  hasArrived: () => boolean,
): Promise<void> {
  const { producer, action, lane, payloadBytes, signal } = options;
  const customer = { ...createLoadCustomers(payloadBytes)(0), id: FIRST };
  const { id } = await producer.enqueue({ action, customer, ...(lane && { lane }) });
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
