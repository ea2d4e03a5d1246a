// Claims deliveries from one lane and takes each through deliver, record and settle.

import { openLaneClaims } from "@postrider/redis/lane-claims";
import type { Bury } from "@postrider/redis/scripts/bury";
import type { ClaimedJob } from "@postrider/redis/scripts/claim-waiting";
import type { Move } from "@postrider/redis/scripts/move";
import type { Shard } from "@postrider/redis/shard";
import { type Delivery, isDelivery, isNewerDelivery } from "@postrider/shared/delivery";
import { isOwnLane, toLaneLabel } from "@postrider/shared/lanes";
import type { Logger } from "@postrider/shared/log";
import type { Attempted, Claimed } from "./attempt.ts";
import type { Format, Past } from "./draft.ts";
import type { InFlight } from "./in-flight.ts";
import type { Metrics } from "./record/metrics.ts";
import { type Records, record } from "./record/record.ts";
import { createLaneWorker, type LaneWorker } from "./serve/lane-worker.ts";
import { createGiveBack, type LetGo, settle } from "./settle.ts";
import type { DeliveryTracing } from "./trace/delivery-tracing.ts";

/** What every lane of a process is served with. */
export interface LaneOptions {
  readonly shard: Shard;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  readonly records: Records;
  readonly move: Move;
  readonly bury: Bury;
  readonly inFlight: InFlight;
  /** Makes an attempt and decides what follows from it. Throws nothing. */
  readonly deliver: (claimed: Claimed, past: Past) => Promise<Attempted>;
  /** Null while traces are off. */
  readonly tracing: DeliveryTracing | null;
  readonly log: Logger;
}

/** Serves a lane until it is closed. @param slots how many may be in flight. */
export function serveLane(lane: string, slots: number, options: LaneOptions): LaneWorker {
  const { records, log } = options;
  const trouble = (error: Error): void => {
    log.warn({ lane, detail: error.message }, "lane trouble");
    // All others of the lane would meet the same, thousands of times a second.
    if (isRefusal(error)) worker.rest();
  };
  const claims = openLaneClaims(lane, { ...options, trouble });
  const giveBack = createGiveBack(claims, () => worker.isClosed(), trouble);
  const reclaimed = toReclaimed(records.metrics, log);
  const worker = createLaneWorker({
    ...options,
    claims,
    slots,
    async handle(job, token) {
      try {
        await handle(job, token, { lane, letGo: claims }, options);
      } catch (error) {
        trouble(error as Error);
        await giveBack({ id: job.id, token });
      }
    },
    reclaimed: (id) => reclaimed(lane, id),
    trouble,
  });
  return worker;
}

/** What is told of a claim that ran out, wherever it is noticed. */
export function toReclaimed(metrics: Metrics, log: Logger): (lane: string, deliveryId: string) => void {
  return (lane, deliveryId) => {
    metrics.repeated(toLaneLabel(lane), "reclaimed");
    log.warn(
      { lane, deliveryId },
      "claim ran out; it may be sent a second time, with the same Idempotency-Key",
    );
  };
}

/** Redis takes nothing now, as when it is full. */
const REFUSAL = /^(OOM|EXECABORT|MISCONF|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|BUSY|NOAUTH|NOPERM)\b/;

function isRefusal(error: Error): boolean {
  return REFUSAL.test(error.message);
}

/** A lane, and what lets go of its claims. */
interface Place {
  readonly lane: string;
  readonly letGo: LetGo;
}

/** @throws where Redis failed half-way. */
async function handle(
  job: ClaimedJob,
  token: string,
  { lane, letGo }: Place,
  options: LaneOptions,
): Promise<void> {
  const { records, inFlight, move, bury, tracing } = options;
  const data = parseData(job.data);
  const claimed = toClaimed(job, data, { lane, token }, options);
  const isRetry = claimed.attempt > 1;
  inFlight.enter(lane, isRetry);
  records.metrics.claimed(toLaneLabel(lane), 1);
  let attempted: Attempted | undefined;
  try {
    const past = await readPast(job, toFormat(data), claimed, records);
    attempted = await options.deliver(claimed, past);
    const left = await record(claimed, past, attempted, records);
    await settle(claimed, left, { letGo, move, bury, metrics: records.metrics, now: records.now() });
  } finally {
    inFlight.leave(lane, isRetry);
    records.metrics.claimed(toLaneLabel(lane), -1);
    if (tracing !== null && attempted !== undefined) tracing.end(claimed, attempted);
  }
}

/** What lies in the lane; undefined where that is no JSON. */
function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readPast(
  { crashes }: ClaimedJob,
  format: Format,
  { id, lane, attempt, claims }: Claimed,
  { ledger }: Records,
): Promise<Past> {
  // A first claim has no past: admission marks and adds in one step, and every other way into a lane is a
  // second claim. One whose data are gone counts its claims anew.
  if (claims <= 1 && format !== "none") return { mark: null, format, isTried: false, crashes };
  // The number of the attempt tells; but attempts may cost none.
  const look = attempt > 1 || ledger.isTried(lane, id);
  const [mark, isTried] = await Promise.all([ledger.find(id), look]);
  return { mark, format, isTried, crashes };
}

function toFormat(data: unknown): Format {
  if (isDelivery(data)) return "known";
  return isNewerDelivery(data) ? "newer" : "none";
}

function toClaimed(
  { id, enqueuedAt, attemptsMade, claims, options }: ClaimedJob,
  data: unknown,
  { lane, token }: Pick<Claimed, "lane" | "token">,
  { records, tracing }: Pick<LaneOptions, "records" | "tracing">,
): Claimed {
  const now = records.now();
  // What is no delivery ends unsent before anything of it is looked at; where it lies now is its home then.
  const delivery = isDelivery(data) ? data : ({ ...(!isOwnLane(lane) && { lane }) } as unknown as Delivery);
  // The delivery carries its own due time where it has one.
  const dueAt = delivery.sendAt ?? enqueuedAt;
  const attempt = attemptsMade + 1;
  return {
    id,
    lane,
    token,
    delivery,
    attempt,
    claims,
    attemptsMax: readAttemptsMax(options),
    dueAt,
    agesFrom: delivery.begunAt ?? (attempt === 1 && now - dueAt > LATE_MS ? now : dueAt),
    claimedAt: now,
    trace: tracing === null ? null : tracing.begin(id, enqueuedAt),
  };
}

const ATTEMPTS = /"attempts":(\d+)/;

/** What BullMQ's options of a delivery grant it: all that Postrider keeps there. */
function readAttemptsMax(options: string): number {
  return Number(ATTEMPTS.exec(options)?.[1] ?? 1);
}

/**
 * First tried so much later than it was due, as after a pause, a delivery has all of its policy's time from
 * then on.
 */
const LATE_MS = 60_000;
