// Sockets, pooled by destination. What is held is bounded: so many destinations, so many sockets to each.

import { LRUCache } from "lru-cache";
import { Pool } from "undici";

/** Most servers keep an idle connection for 5 s or longer; writing on one that closes at that moment is a reset. */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MS_MAX = 60_000;
/** Room for cookies and policies; Node's own servers allow as much. */
const REPLY_HEADER_BYTES_MAX = 16_384;

export interface Pools {
  /** The pool for a destination; made when it is first needed. */
  get(origin: string, connectTimeoutMs: number): Pool;
  /** Closes all sockets. Call it when nothing is in flight. */
  close(): Promise<void>;
}

/** The least recently used destination beyond `destinationsMax` is closed, when what it has in flight has ended. */
export function createPools({
  destinationsMax,
  connectionsPerDestination,
}: {
  destinationsMax: number;
  connectionsPerDestination: number;
}): Pools {
  const closing = new Set<Promise<void>>();
  const close = (pool: Pool): void => {
    const closed: Promise<void> = pool.close().then(
      () => void closing.delete(closed),
      () => void closing.delete(closed),
    );
    closing.add(closed);
  };
  const pools = new LRUCache<string, Pool>({ max: destinationsMax, dispose: close });
  return {
    get(origin, connectTimeoutMs) {
      const key = `${connectTimeoutMs} ${origin}`;
      const known = pools.get(key);
      if (known !== undefined) return known;
      const pool = createPool(origin, connectTimeoutMs, connectionsPerDestination);
      pools.set(key, pool);
      return pool;
    },
    async close() {
      pools.clear();
      await Promise.all(closing);
    },
  };
}

function createPool(origin: string, connectTimeoutMs: number, connections: number): Pool {
  return new Pool(origin, {
    connections,
    // A request on a connection that still owes an answer would wait behind it.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS_MAX,
    maxHeaderSize: REPLY_HEADER_BYTES_MAX,
    // The attempt's one deadline covers these phases; two clocks would disagree.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs },
    allowH2: false,
    autoSelectFamily: true,
  });
}
