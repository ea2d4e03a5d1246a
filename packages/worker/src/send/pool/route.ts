// The destinations that a process holds connections to, and what happens to all of them from time to time.

import { toRefusalError } from "../egress-error.ts";
import { checkAddresses, type Destination, type Levels, type OwnPorts } from "../guard/guard.ts";
import type { Group, Turn } from "./connection.ts";
import type { Connections } from "./connections.ts";

/** How often pools are looked over. One that was not used in between has no socket any more, and goes. */
export const SWEEP_MS = 30_000;
/**
 * A busy pool is replaced after so many sweeps (five minutes), so that a name that moves takes its traffic
 * along.
 */
const SWEEPS_MAX = 10;

/** A destination as one request may reach it. */
export interface Route {
  /** Begins at once, or when one of the destination's connections is free. */
  enter(turn: Turn): void;
  /** The request is over, or waits no longer. */
  leave(turn: Turn, isReusable: boolean): void;
  /** The request is over while its connection is still being made. */
  abandon(turn: Turn): void;
  /** Whether requests wait because the process has no more sockets. */
  isShort(): boolean;
  /** After a breach of the protocol no connection to the destination is used for another request. */
  drop(): void;
}

export interface Held {
  readonly destination: Destination;
  readonly connections: Connections;
  readonly ways: Map<string, Ruled>;
  /** Sweeps since its connections were renewed, and since it was last used. */
  age: number;
  idle: number;
}

/**
 * A destination under one set of rules: connections are not shared between sets, since what one may use,
 * another may not.
 */
export interface Ruled {
  readonly levels: Levels;
  readonly group: Group;
  readonly route: Route;
}

/** Connections made from now on know what has changed. */
export function renewAll(held: ReadonlyMap<string, Held>): void {
  for (const { connections } of held.values()) connections.renew();
}

/** Lets go of what is not used any more, and renews what is used all the time. */
export function sweepHeld(
  held: ReadonlyMap<string, Held>,
  remove: (origin: string, entry: Held) => void,
): void {
  for (const [origin, entry] of [...held]) {
    entry.age += 1;
    entry.idle += 1;
    if (entry.idle > 1 && entry.connections.isQuiet()) remove(origin, entry);
    else if (entry.age > SWEEPS_MAX) {
      entry.age = 0;
      entry.connections.renew();
    }
  }
}

/**
 * A name's other addresses have come after connections were begun: what they are refused for goes for the
 * whole name.
 */
export function checkLate(
  host: string,
  addresses: readonly string[],
  held: ReadonlyMap<string, Held>,
  own: OwnPorts,
): void {
  for (const { destination, connections, ways } of held.values()) {
    if (destination.host !== host) continue;
    for (const { levels, group } of ways.values()) {
      const refusal = checkAddresses(destination, addresses, levels, own);
      if (refusal !== null) connections.forbid(group, toRefusalError(refusal));
    }
  }
}
