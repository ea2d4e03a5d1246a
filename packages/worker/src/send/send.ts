// One HTTP exchange. Network trouble is a fault that it returns, never an exception; one total deadline covers name
// resolution, connection, TLS, request, headers and a dripping body. The client never retries: the lane is the only retrier.

import type { ComposedRequest } from "@postrider/compose/request";
import type { Dispatcher } from "undici";
import type { Fault, Interrupted, Reply } from "../attempt.ts";
import { toFault } from "./fault.ts";
import type { Pools } from "./pools.ts";

export interface SendLimits {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Of the reply's body; the connection is dropped at the first byte beyond. */
  readonly replyBytesMax: number;
}

export interface Sent {
  readonly finding: Reply | Fault | Interrupted;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
}

/**
 * What may give exchanges up before their time, as a shutdown does: each one in flight puts its own way out here.
 * Not an AbortSignal: thousands listen at once, and adding a listener to one costs more than the rest of this file.
 */
export type Interrupts = Set<() => void>;

/** Sends a request and reads the reply within its limits. Called out through `interrupts`, the finding is `interrupted`. */
export function send(
  request: ComposedRequest,
  limits: SendLimits,
  pools: Pools,
  interrupts: Interrupts,
): Promise<Sent> {
  return new Promise((resolve) => {
    const exchange = createExchange(limits, (sent) => {
      interrupts.delete(exchange.interrupt);
      resolve(sent);
    });
    interrupts.add(exchange.interrupt);
    const { origin, path, method, headers, body } = request;
    try {
      pools
        .get(origin, limits.connectTimeoutMs)
        .dispatch({ path, method, headers: headers as string[], body }, exchange.handler);
    } catch (error) {
      exchange.end(toFault(error, false));
    }
  });
}

interface Exchange {
  readonly handler: Dispatcher.DispatchHandler;
  readonly interrupt: () => void;
  end(finding: Sent["finding"]): void;
}

function createExchange(limits: SendLimits, settle: (sent: Sent) => void): Exchange {
  const startedAt = performance.now();
  let firstByteMs: number | null = null;
  let abort: Abort | undefined;
  let isOver = false;
  let status = 0;
  let rawHeaders: readonly Buffer[] = [];
  let chunks: Buffer[] | undefined;
  let bytes = 0;

  const end = (finding: Sent["finding"]): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(deadline);
    settle({ finding, firstByteMs, totalMs: performance.now() - startedAt });
  };
  const give = (finding: Sent["finding"]): void => {
    end(finding);
    abort?.(ABANDONED);
  };
  const deadline = setTimeout(
    () => give(toTimeout(limits.timeoutMs, abort !== undefined, status)),
    limits.timeoutMs,
  );
  const toReply = (isCut: boolean): Reply => ({
    kind: "reply",
    status,
    headers: toHeaders(rawHeaders),
    body: toText(chunks),
    isCut,
  });

  return {
    end,
    interrupt: () => give({ kind: "interrupted" }),
    // undici 7's inner interface. The newer one is wrapped around it, at a cost that shows at thousands a second.
    handler: {
      onConnect(started: Abort) {
        abort = started;
        // The deadline passed while the request waited for a connection: nothing may be written any more.
        if (isOver) started(ABANDONED);
      },
      onHeaders(statusCode: number, headers: Buffer[]) {
        if (statusCode < 200) return true;
        firstByteMs = performance.now() - startedAt;
        status = statusCode;
        rawHeaders = headers;
        return true;
      },
      onData(chunk: Buffer) {
        const room = limits.replyBytesMax - bytes;
        chunks ??= [];
        chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
        bytes += chunk.length;
        if (bytes > limits.replyBytesMax) give(toReply(true));
        return true;
      },
      onComplete: () => end(toReply(false)),
      onError: (error: Error) => end(toFault(error, abort !== undefined)),
    },
  };
}

type Abort = (reason: Error) => void;

/** One object for all, since undici only passes it on: a stack per abandoned request would cost more than the request. */
const ABANDONED = new Error("abandoned");

function toTimeout(timeoutMs: number, wasSent: boolean, status: number): Fault {
  const answered = status === 0 ? "no answer came" : `an answer with status ${status} began but did not end`;
  return {
    kind: "fault",
    code: "timeout",
    message: wasSent ? `${answered} within ${timeoutMs} ms` : `no connection was free within ${timeoutMs} ms`,
  };
}

function toText(chunks: readonly Buffer[] | undefined): string {
  if (chunks === undefined) return "";
  const [only] = chunks;
  return (chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString("utf8");
}

/** Names and values in turn, as they came; repeated names are joined as RFC 9110 section 5.2 says. */
function toHeaders(raw: readonly Buffer[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase();
    const value = raw[index + 1]?.toString("latin1") ?? "";
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return headers;
}
