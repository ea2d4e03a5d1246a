// The way out through a proxy: HTTP CONNECT (RFC 9110, section 9.3.6). What goes wrong up to the proxy's
// answer is the proxy's own fault, with a code of its own, unless the proxy says that it could not reach the
// destination.

import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { type EgressError, toEgressError } from "../egress-error.ts";
import { isLocal } from "../fault.ts";
import type { Resolve } from "../resolve/resolve.ts";
import { secure } from "../tls/secure.ts";
import { type Dial, race } from "./race.ts";

/** A proxy's answer to CONNECT is a status line and a few headers. */
const ANSWER_BYTES_MAX = 16_384;

export interface EgressProxy {
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** Whether the proxy itself is spoken to over TLS. */
  readonly isSecure: boolean;
  /** Value of Proxy-Authorization; null without credentials. */
  readonly authorization: string | null;
  /** Whether it is handed names, and resolves and checks them itself. */
  readonly isResolving: boolean;
}

/** The proxy that a URL names. The schema has checked it. */
export function toProxy(text: string, isResolving: boolean): EgressProxy {
  const url = new URL(text);
  const isSecure = url.protocol === "https:";
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    origin: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (isSecure ? 443 : 80)),
    isSecure,
    authorization: credentials === ":" ? null : `Basic ${Buffer.from(credentials).toString("base64")}`,
    isResolving,
  };
}

export interface TunnelOptions {
  readonly proxy: EgressProxy;
  /** What to make a handshake with an origin with, the proxy's too. */
  readonly contextOf: (origin: string) => SecureContext;
  readonly resolve: Resolve;
  readonly dial: Dial;
  /** Fires when there is no more time; everything that is open then is destroyed. */
  readonly signal: AbortSignal;
}

/** More would use up the time to connect on a destination that is away with all of its addresses. */
const TARGETS_MAX = 3;

/**
 * Opens a tunnel to one of the addresses: one after the other, and the next where the proxy could not reach
 * the one before. Racing them, as RFC 8305 does, would have the proxy make connections that nobody uses. IPv4
 * first: few proxies have IPv6. @throws EgressError.
 */
export async function tunnelToOne(
  addresses: readonly string[],
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  const isIpv6 = (address: string): boolean => address.includes(":");
  const targets = [...addresses.filter((address) => !isIpv6(address)), ...addresses.filter(isIpv6)];
  let first: unknown;
  for (const target of targets.slice(0, TARGETS_MAX)) {
    options.signal.throwIfAborted();
    try {
      return await tunnel(target, port, options);
    } catch (error) {
      if (!isUnreached(error)) throw error;
      // The others may only lack a family here.
      first ??= error;
    }
  }
  throw first;
}

/** Whether the proxy itself is well, and the address is not. */
function isUnreached(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === "POSTRIDER_CONNECT" || code === "POSTRIDER_CONNECT_TIMEOUT";
}

/** Opens a tunnel to `host:port`. @throws EgressError. */
async function tunnel(host: string, port: number, options: TunnelOptions): Promise<Socket> {
  const socket = await reach(options);
  try {
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    socket.write(toRequest(target, options.proxy.authorization));
    const answer = await readAnswer(socket);
    const failure = findFailure(answer);
    if (failure !== null) throw failure;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function reach({ proxy, contextOf, resolve, dial, signal }: TunnelOptions): Promise<Socket> {
  try {
    const addresses = await resolve(proxy.host);
    signal.throwIfAborted();
    const racing = race(addresses, proxy.port, dial);
    signal.addEventListener("abort", racing.cancel, { once: true });
    const socket = await racing.winner;
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    if (!proxy.isSecure) return socket;
    return await secure(socket, proxy.host, contextOf(proxy.origin), {
      session: undefined,
      context: undefined,
    });
  } catch (error) {
    if (isLocal(error)) throw error;
    throw toProxyError(`the proxy could not be reached: ${(error as Error).message}`, error);
  }
}

function toRequest(target: string, authorization: string | null): string {
  const credentials = authorization === null ? "" : `Proxy-Authorization: ${authorization}\r\n`;
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`;
}

/** The answer, with what came behind its header block. */
function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.off("readable", onReadable).off("end", onEnd).off("error", onError).off("close", onEnd);
      settle();
    };
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      answer = Buffer.concat([answer, chunk]);
      if (isWhole(answer)) end(() => resolve(answer.toString("latin1")));
      else if (answer.length > ANSWER_BYTES_MAX)
        end(() => reject(toProxyError("the proxy's answer has no end")));
    };
    const onEnd = (): void =>
      end(() => reject(toProxyError("the proxy closed the connection before it answered")));
    const onError = (error: Error): void =>
      end(() => reject(toProxyError(`the connection to the proxy broke: ${error.message}`, error)));
    socket.on("readable", onReadable).on("end", onEnd).on("error", onError).on("close", onEnd);
  });
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |\r|$)/;

function isWhole(answer: Buffer): boolean {
  return answer.includes("\r\n\r\n");
}

/**
 * Whose failure an answer is. 502 and 504 say that the destination could not be reached (RFC 9110 sections
 * 15.6.3 and 15.6.5; Smokescreen and Envoy go by them), and so does Squid's 503 with the error's name beside
 * it. A 407 with Smokescreen's own header is its guard's refusal; any other answer is the proxy's failure.
 */
function findFailure(answer: string): EgressError | null {
  const status = STATUS_LINE.exec(answer)?.[1];
  if (status === undefined) return toProxyError("what the proxy answered is not HTTP");
  // Behind a success comes the other end, and that does not speak first.
  if (status.startsWith("2")) {
    return answer.indexOf("\r\n\r\n") === answer.length - 4
      ? null
      : toProxyError("the proxy sent more than its answer");
  }
  const detail = /^X-(?:Squid|Smokescreen)-Error: *([^\r\n]{0,200})/im.exec(answer)?.[1] ?? "";
  const told = `the proxy answered ${status}${detail === "" ? "" : ` (${detail})`}`;
  if (status === "407" && /^X-Smokescreen-Error:/im.test(answer)) {
    // What it says beside it names the address that a name has in here, which who writes an action need not
    // learn.
    const message = "leads to a destination that the egress proxy refuses (407 with X-Smokescreen-Error)";
    return toEgressError("POSTRIDER_FORBIDDEN", message, { refusal: { verdict: "proxy_refused", message } });
  }
  if (status === "504") return toEgressError("POSTRIDER_CONNECT_TIMEOUT", told);
  const isUnreachable = status === "502" || (status === "503" && /^ERR_(?:CONNECT|DNS|READ)/.test(detail));
  return isUnreachable ? toEgressError("POSTRIDER_CONNECT", told) : toProxyError(told);
}

function toProxyError(message: string, cause?: unknown): EgressError {
  return toEgressError("POSTRIDER_PROXY", message, cause === undefined ? {} : { cause });
}
