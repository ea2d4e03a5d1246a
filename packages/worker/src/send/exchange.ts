// One HTTP exchange with one destination, under a deadline. The guard has the first word, here for what can be told without resolving,
// in the connector for each address.

import type { ComposedRequest } from "@postrider/compose/request";
import type { Dispatcher } from "undici";
import type { Fault, Interrupted, Reply, SendTimings, Unsendable } from "../attempt.ts";
import type { Turn } from "./connections.ts";
import { toRefusal } from "./egress-error.ts";
import { toFault } from "./fault.ts";
import type { Refusal } from "./guard/guard.ts";
import { NO_PHASES, type Phases, takePhases } from "./phases.ts";
import type { Pools } from "./pools.ts";
import type { Way } from "./ways.ts";

export interface ExchangeLimits extends Way {
  readonly timeoutMs: number;
  /** Of the reply's body; the connection is dropped at the first byte beyond. */
  readonly replyBytesMax: number;
}

export interface Sent extends SendTimings {
  readonly finding: Reply | Fault | Interrupted | Unsendable;
}

/**
 * What may give exchanges up before their time, as a shutdown does: each one in flight puts its own way out here.
 * Not an AbortSignal: thousands listen at once, and adding a listener to one costs more than the rest of this file.
 */
export type Interrupts = Set<() => void>;

/** Answers that announce another one. A server that has not come to the point by then never will. */
const INFORMATIONAL_MAX = 20;

/** Sends a request and reads the reply within its limits. `leftMs` of the total deadline are left. */
export function exchange(
  request: ComposedRequest,
  limits: ExchangeLimits,
  leftMs: number,
  pools: Pools,
  interrupts: Interrupts,
): Promise<Sent> {
  return new Promise((resolve) => {
    const { origin, path, method, headers, body } = request;
    const route = pools.get(origin, limits);
    const isForbidden = "verdict" in route;
    const running = createExchange(limits, leftMs, {
      settle(sent) {
        interrupts.delete(running.interrupt);
        if (!isForbidden) {
          // After a breach of the protocol nobody knows whose bytes come next.
          if (sent.finding.kind === "fault" && BREACHES.has(sent.finding.code)) route.drop();
          // Waits no longer; what it is written on is free when undici is done with it.
          if (turn.connection === null) route.leave(turn, false);
        }
        resolve(sent);
      },
      free: (isReusable) => isForbidden || route.leave(turn, isReusable),
    });
    const turn: Turn = {
      connection: null,
      connectTimeoutMs: limits.connectTimeoutMs,
      begin(client) {
        try {
          client.dispatch({ path, method, headers: headers as string[], body }, running.handler);
        } catch (error) {
          turn.refuse(error as Error);
        }
      },
      refuse(error) {
        running.end(toFault(error, false));
        running.free(false);
      },
    };
    if (isForbidden) {
      running.end(toUnsendable(route));
      return;
    }
    interrupts.add(running.interrupt);
    route.enter(turn);
  });
}

const BREACHES: ReadonlySet<string> = new Set(["protocol", "headers_too_large"]);

interface Exchange {
  readonly handler: Dispatcher.DispatchHandler;
  readonly interrupt: () => void;
  end(finding: Sent["finding"]): void;
  free(isReusable: boolean): void;
}

interface Ends {
  settle(sent: Sent): void;
  /** undici is done with the connection, which may be a while after the finding stands. */
  free(isReusable: boolean): void;
}

function createExchange(limits: ExchangeLimits, leftMs: number, { settle, free }: Ends): Exchange {
  const startedAt = performance.now();
  let firstByteMs: number | null = null;
  let phases: Readonly<Phases> = NO_PHASES;
  let abort: Abort | undefined;
  let isOver = false;
  let status = 0;
  let informational = 0;
  let rawHeaders: readonly Buffer[] = [];
  let chunks: Buffer[] | undefined;
  let bytes = 0;

  const end = (finding: Sent["finding"]): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(deadline);
    const { dnsMs, connectMs, tlsMs } = phases;
    settle({ finding, dnsMs, connectMs, tlsMs, firstByteMs, totalMs: performance.now() - startedAt });
  };
  const give = (finding: Sent["finding"]): void => {
    end(finding);
    abort?.(ABANDONED);
  };
  const deadline = setTimeout(() => give(toTimeout(limits.timeoutMs, abort !== undefined, status)), leftMs);
  const toReply = (isCut: boolean): Reply => {
    const headers = toHeaders(rawHeaders);
    return { kind: "reply", status, headers, body: toText(chunks, headers["content-encoding"]), isCut };
  };

  return {
    end,
    free,
    interrupt: () => give({ kind: "interrupted" }),
    // undici 7's inner interface. The newer one is wrapped around it, at a cost that shows at thousands a second.
    handler: {
      onConnect(started: Abort) {
        phases = takePhases();
        abort = started;
        // The deadline passed while the request waited for a connection: nothing may be written any more.
        if (isOver) started(ABANDONED);
      },
      onHeaders(statusCode: number, headers: Buffer[]) {
        if (statusCode < 200) {
          informational += 1;
          if (informational > INFORMATIONAL_MAX) give(TOO_MANY_ANNOUNCEMENTS);
          return true;
        }
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
      onComplete() {
        end(toReply(false));
        free(true);
      },
      onError(error: Error) {
        if (abort === undefined) phases = takePhases();
        const refusal = toRefusal(error);
        end(refusal === null ? toFault(error, abort !== undefined) : toUnsendable(refusal));
        free(false);
      },
    },
  };
}

type Abort = (reason: Error) => void;

/** One object for all, since undici only passes it on: a stack per abandoned request would cost more than the request. */
const ABANDONED = new Error("abandoned");

const TOO_MANY_ANNOUNCEMENTS: Fault = {
  kind: "fault",
  code: "protocol",
  message: `more than ${INFORMATIONAL_MAX} informational answers (1xx) came, and no other`,
};

/** The guard's refusal as the dead letter shows it. The same request would be refused again, so it is permanent. */
function toUnsendable({ verdict, message }: Refusal): Unsendable {
  return {
    kind: "unsendable",
    reason: "address_forbidden",
    problems: [{ field: "url", code: verdict, message }],
  };
}

function toTimeout(timeoutMs: number, wasSent: boolean, status: number): Fault {
  const answered = status === 0 ? "no answer came" : `an answer with status ${status} began but did not end`;
  return {
    kind: "fault",
    code: "timeout",
    message: wasSent ? `${answered} within ${timeoutMs} ms` : `no connection was free within ${timeoutMs} ms`,
  };
}

/** What is packed stays packed: nobody asked for it, and unpacking a stranger's bytes is how 10 KB become 10 GB. */
function toText(chunks: readonly Buffer[] | undefined, encoding: string | undefined): string {
  if (chunks === undefined) return "";
  const [only] = chunks;
  const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  if (encoding === undefined || /^(?:identity)?$/i.test(encoding.trim())) return body.toString("utf8");
  return `(${body.length} bytes with content-encoding ${encoding.slice(0, 50)}, not unpacked)`;
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
