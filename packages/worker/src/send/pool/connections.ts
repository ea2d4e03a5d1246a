// The connections of one destination, few at a time: a request gets one that is free, has one opened, or
// waits its turn. Who waits belongs to no connection yet, so that what becomes of connections is nothing to
// them. Each does one request at a time.

import { toEgressError } from "../egress-error.ts";
import type { Connection, ConnectionState, Group, PoolRequest } from "./connection.ts";
import { createIdle } from "./idle.ts";

/** All sockets of the process. */
export interface Sockets {
  readonly max: number;
  open: number;
  /** Requests for which there was no socket. */
  refused: number;
  /** Closes one that is idle, anywhere; false where none is. */
  makeRoom(): boolean;
  /** Those who have to wait because of `max`, to be called when there may be room. */
  readonly short: Set<() => void>;
}

export interface Connections {
  /** Begins at once, or when a connection is free. */
  acquire(request: PoolRequest, group: Group): void;
  /**
   * The request is over, or waits no longer. A connection on which something went wrong does nothing else.
   */
  release(request: PoolRequest, isReusable: boolean): void;
  /** The request is over before its connection was made: nobody waits for that one any more. */
  abandon(request: PoolRequest): void;
  /** Whether those that wait do so because the process has no more sockets. */
  isShort(): boolean;
  /**
   * No connection that is open now gets another request; of one group, or all. Those that wait get new ones.
   */
  renew(group?: Group): void;
  /** Also those that are being opened are not used. */
  forbid(group: Group, refusal: Error): void;
  /** Closes one that is idle, where there is one. */
  closeIdle(): boolean;
  /** Whether it does nothing and nobody waits. */
  isQuiet(): boolean;
  /** When nothing is in flight any more. */
  quiet(): Promise<void>;
}

/** @param max connections at a time, of all groups together. */
export function createConnections(max: number, sockets: Sockets): Connections {
  const discard = ({ client }: Connection): void => {
    sockets.open -= 1;
    void client.destroy().catch(() => undefined);
    tellShort(sockets);
  };
  const idle = createIdle(discard);
  const busy = new Set<Connection>();
  const waiting = new Map<PoolRequest, Group>();

  const isQuiet = (): boolean => busy.size === 0 && waiting.size === 0;
  const { settle, quiet } = createQuiet(isQuiet);
  const open = (group: Group): Connection | null => {
    if (sockets.open < sockets.max || sockets.makeRoom())
      return toConnection(group, sockets, { disconnected: idle.remove, breached: () => renew() });
    // One of its own will be free, or another's; where it has none, it might wait behind all others.
    if (busy.size > 0) {
      sockets.short.add(pump);
      return null;
    }
    sockets.refused += 1;
    throw toEgressError("POSTRIDER_LOCAL", `all ${sockets.max} sockets of this process are in use`);
  };
  const find = (group: Group): Connection | null => {
    const isRoom = (): boolean => busy.size + idle.count() < max || idle.closeOne();
    return idle.take(group) ?? (isRoom() ? open(group) : null);
  };
  /** False: there is none yet. */
  const start = (request: PoolRequest, group: Group): boolean => {
    let connection: Connection | null;
    try {
      connection = find(group);
    } catch (error) {
      waiting.delete(request);
      request.refuse(error as Error);
      return true;
    }
    if (connection === null) return false;
    waiting.delete(request);
    connection.state.connectTimeoutMs = request.connectTimeoutMs;
    busy.add(connection);
    request.connection = connection;
    request.begin(connection.client);
    return true;
  };
  const pump = (): void => {
    for (const [request, group] of waiting) if (!start(request, group)) break;
    settle();
  };
  const free = (connection: Connection, isReusable: boolean): void => {
    if (!busy.delete(connection)) return;
    if (isReusable && isFit(connection)) {
      idle.put(connection);
      tellShort(sockets);
    } else discard(connection);
    pump();
  };
  const renew = (group?: Group): void => {
    idle.close(group);
    for (const connection of busy) connection.isLast ||= group === undefined || connection.group === group;
  };

  return {
    acquire(request, group) {
      if (waiting.size > 0 || !start(request, group)) waiting.set(request, group);
    },
    release(request, isReusable) {
      waiting.delete(request);
      const { connection } = request;
      request.connection = null;
      // Busy for a turn of the event loop longer: an answer that nobody asked for comes right behind the one
      // that somebody did, and must not find the next request there.
      if (connection !== null) setImmediate(free, connection, isReusable);
      else settle();
    },
    abandon: ({ connection }) => connection?.state.cancel?.(),
    isShort: () => sockets.short.has(pump),
    renew,
    forbid(group, refusal) {
      renew(group);
      for (const connection of busy) if (connection.group === group) connection.state.refusal = refusal;
    },
    closeIdle: idle.closeOne,
    isQuiet,
    quiet,
  };
}

/** Those who wait until nothing is in flight; `settle` looks whether it is so. */
function createQuiet(isQuiet: () => boolean) {
  const whenQuiet: (() => void)[] = [];
  return {
    settle(): void {
      if (whenQuiet.length === 0 || !isQuiet()) return;
      for (const tell of whenQuiet.splice(0)) tell();
    },
    quiet: (): Promise<void> =>
      new Promise((resolve) => (isQuiet() ? resolve() : void whenQuiet.push(resolve))),
  };
}

/** Whether the next request may be written on it. */
function isFit({ state, isConnected, isLast }: Connection): boolean {
  // Who answers without reading would have requests pile up in the socket's buffer.
  return isConnected && !isLast && state.socket?.writableLength === 0;
}

let nextSerial = 0;

function toConnection(
  group: Group,
  sockets: Sockets,
  { disconnected, breached }: { disconnected: (connection: Connection) => void; breached: () => void },
): Connection {
  const state: ConnectionState = {
    connectTimeoutMs: 0,
    refusal: null,
    cancel: null,
    socket: null,
    phases: null,
    isAnswerDue: false,
    status: 0,
  };
  const connection: Connection = {
    serial: nextSerial++,
    client: group.open(state),
    group,
    state,
    isConnected: false,
    isLast: false,
  };
  sockets.open += 1;
  connection.client.on("connect", () => {
    connection.isConnected = true;
  });
  connection.client.on("disconnect", (_, __, error) => {
    connection.isConnected = false;
    if (isBreach(error)) breached();
    disconnected(connection);
  });
  return connection;
}

/** What no request may have been told of: an answer, or a change of protocol, that nobody asked for. */
function isBreach(error: Error & { readonly code?: string }): boolean {
  return error.name === "HTTPParserError" || /^bad (?:response|upgrade)/.test(error.message);
}

/** In a turn of their own, and all of them: who finds no room says so again. */
function tellShort({ short }: Sockets): void {
  if (short.size === 0) return;
  const waiting = [...short];
  short.clear();
  setImmediate(() => {
    for (const pump of waiting) pump();
  });
}
