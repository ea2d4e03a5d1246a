// The connections to one destination, and what happens to all pools from time to time.

import { toRefusalError } from "../egress-error.ts";
import { checkAddresses, type Destination, type Levels, type OwnPorts } from "../guard/guard.ts";
import type { Group } from "./connection.ts";
import type { Connections } from "./connections.ts";

/** How often pools are looked over. One that was not used in between has no socket any more, and goes. */
export const SWEEP_MS = 30_000;
/**
 * A busy pool is replaced after this many sweeps (five minutes), so that traffic follows a name that moves.
 */
const SWEEPS_MAX = 10;

/**
 * A destination under one set of rules: connections are not shared between sets, since what one may use,
 * another may not.
 */
export interface Route {
  readonly levels: Levels;
  readonly group: Group;
  /** The destination's, of all sets of rules. */
  readonly connections: Connections;
}

/** The connections to one destination. */
export interface Pool {
  readonly destination: Destination;
  readonly connections: Connections;
  /** By the key of their rules. */
  readonly routes: Map<string, Route>;
  /** Sweeps since its connections were renewed, and since it was last used. */
  age: number;
  idle: number;
}

/** Connections made from now on know what has changed. */
export function renewAll(pools: ReadonlyMap<string, Pool>): void {
  for (const { connections } of pools.values()) connections.renew();
}

/** Lets go of what is not used any more, and renews what is used all the time. */
export function sweepPools(
  pools: ReadonlyMap<string, Pool>,
  remove: (origin: string, pool: Pool) => void,
): void {
  for (const [origin, pool] of [...pools]) {
    pool.age += 1;
    pool.idle += 1;
    if (pool.idle > 1 && pool.connections.isQuiet()) remove(origin, pool);
    else if (pool.age > SWEEPS_MAX) {
      pool.age = 0;
      pool.connections.renew();
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
  pools: ReadonlyMap<string, Pool>,
  own: OwnPorts,
): void {
  for (const { destination, connections, routes } of pools.values()) {
    if (destination.host !== host) continue;
    for (const { levels, group } of routes.values()) {
      const refusal = checkAddresses(destination, addresses, levels, own);
      if (refusal !== null) connections.forbid(group, toRefusalError(refusal));
    }
  }
}
