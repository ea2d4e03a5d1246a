// What a pool deals with: connections, the rules under which they are made, and requests that are to have
// one.

import type { Socket } from "node:net";
import type { Client } from "undici";

/** A request that waits for a connection, or has one. */
export interface PoolRequest {
  readonly connectTimeoutMs: number;
  /** Set while it has a connection. */
  connection: Connection | null;
  /** Writes the request, or makes undici open the connection first. */
  begin(client: Client): void;
  /** There is no connection to be had for it, not even by waiting. */
  refuse(error: Error): void;
}

/** Connections that are interchangeable: made under the same rules. */
export interface Group {
  /** Makes a client, which opens its connection with its first request. `state` may change while it lives. */
  open(state: ConnectionState): Client;
}

/**
 * How long the parts of getting connected took, in ms; null where one was not reached, or a connection was
 * used that was open already.
 */
export interface Phases {
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
}

/** What is known of a connection, shared with its connector, which reads and writes it. */
export interface ConnectionState {
  connectTimeoutMs: number;
  /** Why the connection may not be used although it was begun. */
  refusal: Error | null;
  /** Gives up getting connected; null while there is nothing to give up. */
  cancel: (() => void) | null;
  /** What is written on, once it is connected. */
  socket: Socket | null;
  /**
   * How long it took to get connected, or until that failed; null once the request that waited for it has
   * taken note.
   */
  phases: Readonly<Phases> | null;
  /** Whether a request is being written, or was, and no final answer has begun. */
  isAnswerDue: boolean;
  /** What the status line of the last request's answer says; 0 where none has come. */
  status: number;
}

export interface Connection {
  /** The lower, the earlier it was made. */
  readonly serial: number;
  readonly client: Client;
  readonly group: Group;
  readonly state: ConnectionState;
  isConnected: boolean;
  /** It ends with the request that it is busy with. */
  isLast: boolean;
}

/** A request is about to be written: what comes next on its connection is its answer. */
export function expectAnswer(connection: Connection | null): void {
  if (connection === null) return;
  connection.state.isAnswerDue = true;
  connection.state.status = 0;
}
