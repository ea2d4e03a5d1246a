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
    const startedAt = performance.now();
    let firstByteMs: number | null = null;
    let controller: Dispatcher.DispatchController | undefined;
    let isOver = false;
    let status = 0;
    let headers: Record<string, string> = {};
    let chunks: Buffer[] | undefined;
    let bytes = 0;

    const end = (finding: Sent["finding"]): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      interrupts.delete(interrupt);
      resolve({ finding, firstByteMs, totalMs: performance.now() - startedAt });
    };
    const give = (finding: Sent["finding"]): void => {
      end(finding);
      controller?.abort(ABANDONED);
    };
    const interrupt = (): void => give({ kind: "interrupted" });
    const deadline = setTimeout(
      () => give(toTimeout(limits.timeoutMs, controller !== undefined, status)),
      limits.timeoutMs,
    );
    const toReply = (isCut: boolean): Reply => ({
      kind: "reply",
      status,
      headers,
      body: toText(chunks),
      isCut,
    });

    interrupts.add(interrupt);

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        // The deadline passed while the request waited for a connection: nothing may be written any more.
        if (isOver) started.abort(ABANDONED);
      },
      onResponseStart(_, statusCode, received) {
        if (statusCode < 200) return;
        firstByteMs = performance.now() - startedAt;
        status = statusCode;
        headers = flatten(received);
      },
      onResponseData(_, chunk) {
        const room = limits.replyBytesMax - bytes;
        chunks ??= [];
        chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
        bytes += chunk.length;
        if (bytes > limits.replyBytesMax) give(toReply(true));
      },
      onResponseEnd() {
        end(toReply(false));
      },
      onResponseError(_, error) {
        end(toFault(error, controller !== undefined));
      },
    };
    const { origin, path, method, body } = request;
    try {
      pools
        .get(origin, limits.connectTimeoutMs)
        .dispatch({ path, method, headers: request.headers as string[], body }, handler);
    } catch (error) {
      end(toFault(error, false));
    }
  });
}

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

function flatten(received: Record<string, string | string[] | undefined>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in received) {
    const value = received[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}
