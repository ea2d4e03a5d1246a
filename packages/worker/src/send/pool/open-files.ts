// How many sockets this process may hold: the system's limit on open files, less what everything else in the
// process needs. Without a bound of our own, many destinations would end in EMFILE, also for Redis and for
// the files of others.

import { readFileSync } from "node:fs";
import type { Sockets } from "./connections.ts";

/** Standard streams, threads, shared lanes' Redis connections, probes and who scrapes them, with room. */
const OWN_FILES = 200;
/** What each own lane takes: its blocking connection to Redis, and one beside it while it changes hands. */
const FILES_PER_OWN_LANE = 2;
/** Where addresses race, an attempt has a second socket for a while. */
const RACE_SHARE = 0.8;
const SOCKETS_MIN = 16;

/**
 * The limit where the system tells it (Linux); null elsewhere, or where there is none. Node has raised it to
 * the hard limit by now.
 */
export function readOpenFilesMax(path = "/proc/self/limits"): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync(path, "utf8"))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    // No such file: no Linux.
    return null;
  }
}

export interface SocketsBound {
  /** Sockets to destinations. */
  readonly max: number;
  /** What the operator should know; null where the limit is no hindrance. */
  readonly warning: string | null;
}

/** The bound for a process whose shared lanes have `slots` slots in all. */
export function boundSockets(
  openFilesMax: number | null,
  { slots, ownLanesMax }: { readonly slots: number; readonly ownLanesMax: number },
): SocketsBound {
  if (openFilesMax === null) return { max: Number.POSITIVE_INFINITY, warning: null };
  const others = OWN_FILES + ownLanesMax * FILES_PER_OWN_LANE;
  const max = Math.max(SOCKETS_MIN, Math.floor((openFilesMax - others) * RACE_SHARE));
  if (max >= slots) return { max, warning: null };
  const needed = others + Math.ceil(slots / RACE_SHARE);
  const warning = `the limit on open files (${openFilesMax}) leaves ${max} sockets for ${slots} deliveries in flight; raise it to ${needed} (ulimit -n) or lower POSTRIDER_CONCURRENCY`;
  return { max, warning };
}

export interface SocketsOptions {
  readonly concurrency: number;
  readonly lanes: readonly string[];
  readonly ownLanesMax: number;
  readonly openFilesMax?: number | null | undefined;
  readonly warn: (message: string) => void;
}

/** The sockets of this process. `makeRoom` is asked when there is no more room. */
export function createSockets(
  { concurrency, lanes, ownLanesMax, openFilesMax = readOpenFilesMax(), warn }: SocketsOptions,
  makeRoom: Sockets["makeRoom"],
): Sockets {
  const { max, warning } = boundSockets(openFilesMax, { slots: concurrency * lanes.length, ownLanesMax });
  if (warning !== null) warn(warning);
  return { max, open: 0, refused: 0, makeRoom, short: new Set() };
}
