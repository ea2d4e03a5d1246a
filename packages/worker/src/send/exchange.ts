// One HTTP exchange with one destination, under a deadline. The guard has the first word, here for what can
// be told without resolving, in the connector for each address.

import type { ComposedRequest } from "@postrider/compose/request";
import type { Client, Dispatcher } from "undici";
import { type Fault, NOT_SENT, type Reply, STOPPED } from "../attempt.ts";
import type { Interruptible, Interrupts } from "../interrupts.ts";
import { toRefusal } from "./egress-error.ts";
import { toFault } from "./fault.ts";
import { NO_SOCKET, type Sent, toTimeout, toUnsendable } from "./findings.ts";
import { expectAnswer, type Phases, type PoolRequest } from "./pool/connection.ts";
import type { Route } from "./pool/pool.ts";
import type { Pools } from "./pool/pools.ts";
import type { RouteOptions } from "./pool/route-rules.ts";
import { isRedirect } from "./redirect.ts";
import { toReply } from "./reply.ts";

export interface ExchangeLimits extends RouteOptions {
  readonly timeoutMs: number;
  /** Bytes of the reply's body; the connection is dropped at the first byte beyond. */
  readonly replyBytesMax: number;
  /** Whether a redirect is followed, which needs nothing of its body. */
  readonly isFollowed?: boolean;
}

/** Sends a request and reads the reply within its limits. `leftMs` of the total deadline are left. */
export function exchange(
  request: ComposedRequest,
  limits: ExchangeLimits,
  leftMs: number,
  pools: Pick<Pools, "get">,
  interrupts: Interrupts,
): Promise<Sent> {
  const route = pools.get(request.origin, limits);
  if ("verdict" in route) return Promise.resolve({ finding: toUnsendable(route), ...NOT_SENT });
  return new Promise((settle) => {
    new Exchange(request, limits, { route, interrupts, settle }).start(leftMs);
  });
}

const NOT_MODIFIED = 304;
/** So long is waited for the end of a redirect's body, which leaves a connection that can be used again. */
const REDIRECT_BODY_MS = 1_000;
const BREACHES: ReadonlySet<string> = new Set(["protocol", "headers_too_large"]);

interface ExchangeContext {
  readonly route: Route;
  readonly interrupts: Interrupts;
  readonly settle: (sent: Sent) => void;
}

const NO_PHASES: Readonly<Phases> = { dnsMs: null, connectMs: null, tlsMs: null };

/**
 * All that a request is while it is under way, for those that it meets: connections give it its turn, undici
 * tells it of the answer, a shutdown calls it off. One object, since at thousands a second a closure for each
 * of these was a third of all garbage.
 */
class Exchange implements PoolRequest, Interruptible, Dispatcher.DispatchHandler {
  readonly connectTimeoutMs: number;
  connection: PoolRequest["connection"] = null;
  readonly #request: ComposedRequest;
  readonly #limits: ExchangeLimits;
  readonly #context: ExchangeContext;
  readonly #startedAt = performance.now();
  #deadline: NodeJS.Timeout | undefined;
  #place = -1;
  #firstByteMs: number | null = null;
  #phases: Readonly<Phases> = NO_PHASES;
  #abort: Abort | undefined;
  #isOver = false;
  #status = 0;
  #rawHeaders: readonly Buffer[] = [];
  #chunks: Buffer[] | undefined;
  #bytes = 0;
  #bodyMs = Number.POSITIVE_INFINITY;

  constructor(request: ComposedRequest, limits: ExchangeLimits, context: ExchangeContext) {
    this.connectTimeoutMs = limits.connectTimeoutMs;
    this.#request = request;
    this.#limits = limits;
    this.#context = context;
  }

  start(leftMs: number): void {
    const { route, interrupts } = this.#context;
    this.#deadline = setTimeout(expire, leftMs, this);
    this.#place = interrupts.add(this);
    route.connections.acquire(this, route.group);
  }

  begin(client: Client): void {
    const { path, method, headers, body } = this.#request;
    try {
      client.dispatch({ path, method, headers: headers as string[], body }, this);
    } catch (error) {
      this.refuse(error as Error);
    }
  }

  refuse(error: Error): void {
    this.#end(toFault(error, false));
    this.#free(false);
  }

  interrupt(): void {
    this.#give(this.#takeStatus() ? this.#toReply(STOPPED) : { kind: "interrupted" });
  }

  expire(): void {
    if (this.#isOver) return;
    const { timeoutMs } = this.#limits;
    const within = Math.min(timeoutMs, this.#bodyMs);
    const isShort = this.connection === null && this.#context.route.connections.isShort();
    if (this.#takeStatus()) this.#give(this.#toReply(`the answer did not end within ${within} ms`));
    else this.#give(isShort ? NO_SOCKET : toTimeout(timeoutMs, this.#abort !== undefined));
  }

  // undici 7's inner interface from here on. The newer one is wrapped around it, at a cost that shows at
  // thousands a second.

  onConnect(abort: Abort): void {
    this.#takePhases();
    this.#abort = abort;
    expectAnswer(this.connection);
    // The deadline passed while the request waited for a connection: nothing may be written any more.
    if (this.#isOver) abort(ABANDONED);
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    // An announcement in a spelling that readAhead does not know: the answer is still to come.
    if (status < 200) return true;
    this.#firstByteMs = performance.now() - this.#startedAt;
    this.#status = status;
    this.#rawHeaders = headers;
    if (this.#limits.isFollowed === true && isRedirect(status)) this.#hurry();
    return true;
  }

  #hurry(): void {
    this.#bodyMs = REDIRECT_BODY_MS;
    setTimeout(expire, REDIRECT_BODY_MS, this).unref();
  }

  onData(chunk: Buffer): boolean {
    const { replyBytesMax } = this.#limits;
    const room = replyBytesMax - this.#bytes;
    this.#chunks ??= [];
    this.#chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
    this.#bytes += chunk.length;
    if (this.#bytes > replyBytesMax) this.#give(this.#toReply());
    return true;
  }

  onComplete(): void {
    this.#end(this.#toReply());
    this.#free(true);
  }

  onError(error: Error): void {
    if (this.#abort === undefined) this.#takePhases();
    const refusal = toRefusal(error);
    this.#end(
      refusal === null ? this.#toMet(toFault(error, this.#abort !== undefined)) : toUnsendable(refusal),
    );
    this.#free(false);
  }

  /**
   * Takes the timings of a connection that was opened for this request's sake; a later request finds it
   * open.
   */
  #takePhases(): void {
    const state = this.connection?.state;
    if (state === undefined || state.phases === null) return;
    this.#phases = state.phases;
    state.phases = null;
  }

  /**
   * A status that came decides, whatever became of the rest: the destination has had the request, and has
   * said what it made of it.
   */
  #toMet(fault: Fault): Reply | Fault {
    if (!this.#takeStatus()) return fault;
    // RFC 9110 section 8.6: a 304 may say how long the body would be that it leaves out. undici takes that
    // for a breach.
    if (this.#status === NOT_MODIFIED && this.#bytes === 0 && fault.code === "protocol")
      return this.#toReply();
    if (BREACHES.has(fault.code) && !this.#isOver) this.#context.route.connections.renew();
    return this.#toReply(fault.message);
  }

  /** Whether one has come. Its line is enough; before this request was written it is that of another one. */
  #takeStatus(): boolean {
    if (this.#status === 0 && this.#abort !== undefined) this.#status = this.connection?.state.status ?? 0;
    return this.#status !== 0;
  }

  /** Ends it before the answer has. */
  #give(finding: Sent["finding"]): void {
    this.#end(finding);
    if (this.#abort === undefined) this.#context.route.connections.abandon(this);
    else this.#abort(ABANDONED);
  }

  #end(finding: Sent["finding"]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    const { route, interrupts, settle } = this.#context;
    interrupts.remove(this.#place);
    // After a breach of the protocol nobody knows whose bytes come next.
    if (finding.kind === "fault" && BREACHES.has(finding.code)) route.connections.renew();
    // Waits no longer; what it is written on is free when undici is done with it.
    if (this.connection === null) route.connections.release(this, false);
    const { dnsMs, connectMs, tlsMs } = this.#phases;
    const totalMs = performance.now() - this.#startedAt;
    settle({ finding, dnsMs, connectMs, tlsMs, firstByteMs: this.#firstByteMs, totalMs });
  }

  /** undici is done with the connection, which may be a while after the finding stands. */
  #free(isReusable: boolean): void {
    this.#context.route.connections.release(this, isReusable);
  }

  #toReply(trouble?: string): Reply {
    const isLonger = this.#bytes > this.#limits.replyBytesMax;
    const arrived = { status: this.#status, rawHeaders: this.#rawHeaders, chunks: this.#chunks, isLonger };
    return toReply(arrived, trouble);
  }
}

// Once what has arrived was read: in a process that stood still, for want of processor or stopped, all
// deadlines pass before any of the answers is looked at that have come meanwhile.
function expire(exchange: Exchange): void {
  setImmediate(() => exchange.expire());
}

type Abort = (reason: Error) => void;

/**
 * One object for all, since undici only passes it on: a stack per abandoned request would cost more than the
 * request.
 */
const ABANDONED = new Error("abandoned");
