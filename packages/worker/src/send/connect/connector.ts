// How undici gets a connection here: resolve the name, let the guard judge every address, connect to one of
// the very addresses that it judged, and secure the connection. Nothing is resolved a second time, so there
// is no moment for a name to change its mind.

import { isIP, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { buildConnector } from "undici";
import { type EgressErrorCode, toEgressError, toRefusalError } from "../egress-error.ts";
import { checkAddresses, type Destination, type Levels, type OwnPorts } from "../guard/guard.ts";
import type { ConnectionState, Phases } from "../pool/connection.ts";
import type { Resolve } from "../resolve/resolve.ts";
import { type SessionKeeper, secure } from "../tls/secure.ts";
import { type EgressProxy, tunnelToOne } from "./proxy.ts";
import { type Dial, race } from "./race.ts";
import { readAhead } from "./read-ahead.ts";

export interface ConnectorOptions {
  readonly destination: Destination;
  readonly origin: string;
  readonly levels: Levels;
  readonly own: OwnPorts;
  readonly resolve: Resolve;
  readonly dial: Dial;
  readonly proxy: EgressProxy | null;
  /** What to make a handshake with an origin with. */
  readonly contextOf: (origin: string) => SecureContext;
  readonly keeper: SessionKeeper;
  readonly state: ConnectionState;
}

/** TCP's own keep-alive finds peers that are gone without a word; undici's default. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** A connector for one destination, as undici's `connect` option takes it. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  return (_, callback) => {
    const phases: Phases = { dnsMs: null, connectMs: null, tlsMs: null };
    withDeadline(options.state, (progress) => open(options, phases, progress)).then(
      (socket) => {
        const { state } = options;
        const { refusal } = state;
        state.socket = socket;
        if (refusal !== null) socket.on("error", () => undefined).destroy();
        state.phases = phases;
        if (refusal === null) callback(null, readAhead(socket, state));
        else callback(refusal, null);
      },
      (error: Error) => {
        options.state.phases = phases;
        callback(error, null);
      },
    );
  };
}

/** Where a connection has got to, for what is said when the time is over. */
interface Progress {
  stage: "resolve" | "proxy" | "connect" | "secure";
  readonly signal: AbortSignal;
}

const LATE: Readonly<Record<Progress["stage"], readonly [code: EgressErrorCode, what: string]>> = {
  resolve: ["POSTRIDER_DNS", "the name was not resolved"],
  proxy: ["POSTRIDER_PROXY", "the proxy opened no tunnel"],
  connect: ["POSTRIDER_CONNECT_TIMEOUT", "no connection was made"],
  secure: ["POSTRIDER_CONNECT_TIMEOUT", "the TLS handshake did not end"],
};

/** For all of it: name, connection and handshake. Given up also by `cancel`. */
async function withDeadline(
  state: ConnectionState,
  work: (progress: Progress) => Promise<Socket>,
): Promise<Socket> {
  const abort = new AbortController();
  const progress: Progress = { stage: "resolve", signal: abort.signal };
  const { connectTimeoutMs } = state;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => {
      const [code, what] = LATE[progress.stage];
      reject(toEgressError(code, `${what} within ${connectTimeoutMs} ms`));
      abort.abort();
    };
    timer = setTimeout(giveUp, connectTimeoutMs);
    state.cancel = giveUp;
  });
  try {
    return await Promise.race([work(progress), late]);
  } finally {
    clearTimeout(timer);
    state.cancel = null;
  }
}

async function open(options: ConnectorOptions, phases: Phases, progress: Progress): Promise<Socket> {
  const { destination, origin, contextOf, keeper } = options;
  const addresses = await findAddresses(options, phases);
  // What comes after the deadline must open nothing: nobody would be there to close it.
  progress.signal.throwIfAborted();
  const startedAt = performance.now();
  const socket = await reach(addresses, options, progress);
  progress.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  const connectedAt = performance.now();
  phases.connectMs = connectedAt - startedAt;
  if (destination.scheme === "http") return socket;

  progress.stage = "secure";
  try {
    const secured = await secure(socket, destination.host, contextOf(origin), keeper);
    phases.tlsMs = performance.now() - connectedAt;
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The addresses that may be connected to: all that the name has, none of them refused. */
async function findAddresses(
  { destination, levels, own, proxy, resolve }: ConnectorOptions,
  phases: Phases,
): Promise<readonly string[]> {
  const { host } = destination;
  // The operator has said that the proxy resolves, and so it judges what it finds.
  const isTaken = isIP(host) !== 0 || proxy?.isResolving === true;
  const startedAt = performance.now();
  const addresses = isTaken ? [host] : await resolve(host);
  if (!isTaken) phases.dnsMs = performance.now() - startedAt;
  if (isTaken && isIP(host) === 0) return addresses;
  const refusal = checkAddresses(destination, addresses, levels, own);
  if (refusal !== null) throw toRefusalError(refusal);
  return addresses;
}

/** A connection to one of the addresses, or through the proxy. */
async function reach(
  addresses: readonly string[],
  { destination, proxy, contextOf, resolve, dial }: ConnectorOptions,
  progress: Progress,
): Promise<Socket> {
  if (proxy !== null) {
    progress.stage = "proxy";
    return tunnelToOne(addresses, destination.port, {
      proxy,
      contextOf,
      resolve,
      dial,
      signal: progress.signal,
    });
  }
  progress.stage = "connect";
  const racing = race(addresses, destination.port, dial);
  progress.signal.addEventListener("abort", racing.cancel, { once: true });
  return racing.winner;
}
