// A run of any length, streamed to the API: its customers go out as fast as the API takes them, what it tells
// of its progress comes back, and a connection that is cut is gone on with behind what was acknowledged.

import { randomBytes } from "node:crypto";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { joinSignals } from "@postrider/shared/join-signals";
import { readAnswerLines } from "./answer-lines.ts";
import { ApiError, isProblemDetails, toApiError } from "./api-error.ts";
import { toPath } from "./call.ts";
import { createCustomersBody } from "./customers-body.ts";
import { OPERATIONS } from "./generated.ts";
import { type Access, exchange, toThrown } from "./http-exchange.ts";
import { pause, toPauseMs } from "./insist.ts";
import { type Customer, createPendingCustomers, type PendingCustomers } from "./pending-customers.ts";
import {
  type CustomersSent,
  createTotals,
  type SendProgress,
  type StreamLine,
  type Totals,
} from "./stream-totals.ts";

export interface SendCustomers {
  /** `id` for the latest version (or for the one that the run was begun with), or `id@version`. */
  readonly action: string;
  readonly customers: Iterable<Customer> | AsyncIterable<Customer>;
  /** The same run again enqueues only what is missing. Absent: a new one. */
  readonly run?: string | undefined;
  readonly lane?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  /** For all of them, with `values` up to some thousand characters of JSON. */
  readonly event?: Readonly<Record<string, unknown>> | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  readonly sendAt?: Date | string | undefined;
  readonly expiresAt?: Date | string | undefined;
  readonly hold?: boolean | undefined;
  /** More customers of this run will come: it is not closed at the end. */
  readonly open?: boolean | undefined;
  readonly onProgress?: ((progress: SendProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Sending {
  readonly access: Access;
  /** Tries in a row that may fail without anything being acknowledged. */
  readonly tries: number;
}

/** The API tells how far it is about every second. */
const SILENCE_MS = 120_000;

/**
 * @throws ApiError with what the API says of the order, the action or the run; what the customers' iterable
 * throws, once all before is enqueued; and the signal's reason. The same call again goes on.
 */
export async function sendCustomers(order: SendCustomers, sending: Sending): Promise<CustomersSent> {
  const run = order.run ?? newRunId(order.action);
  const pending = createPendingCustomers(order.customers);
  const totals = createTotals();
  try {
    const action = await sendUntilDone({ order, run, pending, totals }, sending);
    return { run, action, ...totals.ended() };
  } finally {
    await pending.close();
  }
}

/** @returns the action's version. */
async function sendUntilDone(work: Omit<Once, "isResumed">, { access, tries }: Sending): Promise<string> {
  const { order, pending, totals } = work;
  let failures = 0;
  for (let isResumed = false; ; isResumed = true) {
    const before = pending.first();
    // Nothing is asked of the API while there is nothing to send, or to end.
    if (before === pending.pulled()) await unlessAborted(pending.more(), order.signal);
    try {
      return await sendOnce({ ...work, isResumed }, access);
    } catch (error) {
      totals.settle();
      failures = pending.first() > before ? 1 : failures + 1;
      const pauseMs = toPauseMs(error, failures, tries);
      if (pauseMs === null) throw error;
      await pause(pauseMs, order.signal);
    }
  }
}

interface Once {
  readonly order: SendCustomers;
  readonly run: string;
  readonly pending: PendingCustomers;
  readonly totals: Totals;
  readonly isResumed: boolean;
}

/** @returns the action's version. @throws ApiError where the stream does not come to its end. */
async function sendOnce(once: Once, access: Access): Promise<string> {
  const { order, pending, isResumed } = once;
  const ending = new AbortController();
  const signal = joinSignals(ending.signal, order.signal);
  // One empty line, which is passed over, stands for all that is acknowledged.
  const linesBefore = isResumed ? 1 : 0;
  const offset = pending.first() - linesBefore;
  const body = createCustomersBody(pending, "\n".repeat(linesBefore), (error) =>
    ending.abort(new Ended(error)),
  );
  try {
    const response = await exchange(access, {
      method: OPERATIONS.sendCustomers.method,
      path: toRunPath(once, linesBefore),
      headers: { "content-type": "application/x-ndjson", accept: "application/x-ndjson" },
      body: body.stream,
      signal,
    });
    return await readProgress(response, once, offset);
  } catch (error) {
    const thrown = toThrown(access.url, error, signal);
    throw thrown instanceof Ended ? thrown.cause : thrown;
  } finally {
    body.stop();
    ending.abort(new Ended(null));
  }
}

/**
 * Reads how far it is, to the end. @param offset so many customers stand before the request's first line.
 * @returns the action's version.
 */
async function readProgress(
  { body }: Response,
  { order, pending, totals }: Once,
  offset: number,
): Promise<string> {
  for await (const text of readAnswerLines(body ?? new ReadableStream(), SILENCE_MS)) {
    const line = readLine(text);
    pending.acknowledge(line.line + offset);
    totals.take(line, offset);
    order.onProgress?.({ acknowledged: pending.first(), ...totals.now() });
    if (isProblemDetails(line.error)) throw toStreamError(line.error);
    if (line.done === true) return line.action ?? order.action;
  }
  throw new ApiError("the API has ended its answer half-way", { code: "api_unreachable", isTemporary: true });
}

/** Ends a request because there is nothing more to be had from it. */
class Ended extends Error {
  constructor(cause: unknown) {
    super("the customers have ended", { cause });
  }
}

function readLine(text: string): StreamLine {
  const line = parseExact(text) as StreamLine;
  if (typeof line === "object" && line !== null && typeof line.line === "number") return line;
  throw new SyntaxError("no progress line");
}

/** In the middle of a stream a status no longer says whether it is worth another try. */
const GOES_ON: ReadonlySet<string> = new Set(["aborted", "stream_silent", "redis_unavailable", "redis_full"]);

function toStreamError(problem: Parameters<typeof toApiError>[0]): ApiError {
  const { code, status, problems, requestId, message } = toApiError(problem);
  const isTemporary = GOES_ON.has(code);
  return new ApiError(message, {
    code,
    status: status ?? 0,
    problems,
    requestId: requestId ?? "",
    isTemporary,
  });
}

function toRunPath({ order, run }: Once, after: number): string {
  const { lane, labels = [], event, values, sendAt, expiresAt, hold, open } = order;
  const query = {
    run,
    lane,
    after: after === 0 ? undefined : String(after),
    labels: toList(labels),
    event: event && stringifyExact(event),
    values: values && stringifyExact(values),
    sendAt: toTime(sendAt),
    expiresAt: toTime(expiresAt),
    hold: hold === true ? "true" : undefined,
    open: open === true ? "true" : undefined,
  };
  return toPath(OPERATIONS.sendCustomers.path, { params: { id: order.action }, query });
}

/** @throws ApiError `request_invalid` for a label that would come to the API as two. */
function toList(labels: readonly string[]): string | undefined {
  if (labels.some((label) => label.includes(",")))
    throw new ApiError("labels: a label has no comma in it", { code: "request_invalid" });
  return labels.length === 0 ? undefined : labels.join(",");
}

function toTime(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}

/** A signal ends the waiting for a source that is silent. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Says what and when, and is nobody else's. */
function newRunId(action: string): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const name = (action.split("@")[0] ?? "").replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return `${name.slice(0, 70) || "run"}-${at}-${randomBytes(4).toString("hex")}`;
}
