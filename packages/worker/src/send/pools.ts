// Sockets, pooled by destination, and the one way to get at them: through the guard. What is held is bounded: so many destinations,
// so many sockets to each, none for long without use.

import { connect } from "node:net";
import type { EgressRules } from "@postrider/shared/egress";
import { toRedisPlaces } from "@postrider/shared/redis";
import type { Settings } from "@postrider/shared/settings";
import { LRUCache } from "lru-cache";
import { Pool } from "undici";
import { type ConnectorOptions, createConnector } from "./connect.ts";
import {
  type BaseRules,
  type Destination,
  judgeDestination,
  type Levels,
  type Refusal,
  toBaseRules,
  toRules,
} from "./guard/guard.ts";
import { createOwnPorts, type KnownPorts } from "./own-ports.ts";
import { type EgressProxy, toProxy } from "./proxy.ts";
import type { Dial } from "./race.ts";
import { createResolve, type Resolve } from "./resolve.ts";
import { createAskServers } from "./servers.ts";
import { createAskSystem } from "./system.ts";
import { openTlsFiles } from "./tls-files.ts";

/** Most servers keep an idle connection for 5 s or longer; writing on one that closes at that moment is a reset. */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MS_MAX = 60_000;
/** Room for cookies and policies; Node's own servers allow as much. */
const REPLY_HEADER_BYTES_MAX = 16_384;
/** How often pools are looked over. One that was not used in between has no socket any more, and goes. */
const SWEEP_MS = 30_000;
/** A busy pool is replaced after so many sweeps (five minutes), so that a name that moves takes its traffic along. */
const SWEEPS_MAX = 10;

/** How a request may get to its destination: what its action says of the way. */
export interface Way {
  readonly connectTimeoutMs: number;
  /** The action's own rules; they only narrow the settings'. */
  readonly egress?: EgressRules | undefined;
}

/** A pool, and how to be rid of it: after a breach of the protocol none of its connections is used for another request. */
export interface Route {
  readonly pool: Pool;
  readonly drop: () => void;
}

export interface Pools {
  /** The way to a destination, made when it is first needed; or why there is none. */
  get(origin: string, way: Way): Route | Refusal;
  /** Refuses a port of this process' own, or of `host`, from now on. */
  protect(port: number, host?: string): void;
  /** Looks now whether a TLS file has changed. */
  checkTlsFiles(): void;
  /** Closes all sockets. Call it when nothing is in flight. */
  close(): Promise<void>;
}

export type PoolsSettings = Pick<
  Settings,
  | "destinationsMax"
  | "connectionsPerDestination"
  | "allowNetworks"
  | "denyNetworks"
  | "allowHosts"
  | "allowPorts"
  | "httpsOnly"
  | "dnsServers"
  | "egressProxy"
  | "egressProxyResolves"
  | "tlsFile"
  | "redisUrl"
  | "metricsPort"
>;

/** What a test may stand in for. */
export interface Outside {
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  readonly warn?: (message: string) => void;
}

interface Held extends Route {
  /** Sweeps since it was made, and since it was last used. */
  age: number;
  idle: number;
}

/**
 * The least recently used destination beyond `destinationsMax` is closed, when what it has in flight has ended.
 * @throws PostriderError `settings_invalid` when a TLS file cannot be used.
 */
export function createPools(settings: PoolsSettings, outside: Outside = {}): Pools {
  const closing = new Set<Promise<void>>();
  const close = ({ pool }: Held): void => {
    const closed: Promise<void> = pool.close().then(
      () => void closing.delete(closed),
      () => void closing.delete(closed),
    );
    closing.add(closed);
  };
  const pools = new LRUCache<string, Held>({ max: settings.destinationsMax, dispose: close });
  const { egressProxy, egressProxyResolves } = settings;
  const proxy = egressProxy === undefined ? null : toProxy(egressProxy, egressProxyResolves);
  const own = toOwnPorts(settings, proxy);
  const tlsFiles = openTlsFiles({
    path: settings.tlsFile,
    onChange: () => pools.clear(),
    warn: outside.warn ?? (() => undefined),
  });
  const shared = {
    own,
    resolve: outside.resolve ?? toResolve(settings),
    dial: outside.dial ?? dialTcp,
    proxy,
    contextOf: tlsFiles.contextOf,
  };
  const base = toBaseRules(settings);
  const levelsOf = createLevels(base);
  const sweep = setInterval(() => sweepPools(pools), SWEEP_MS).unref();

  const create = (key: string, origin: string, { connectTimeoutMs, egress }: Way): Route | Refusal => {
    const destination = toDestination(origin);
    const { levels } = levelsOf(egress);
    const refusal = judgeDestination(destination, levels);
    if (refusal !== null) return refusal;
    const connector = { ...shared, destination, origin, levels, timeoutMs: connectTimeoutMs };
    const pool = createPool(origin, connector, settings.connectionsPerDestination);
    const drop = (): void => {
      if (pools.peek(key) === held) pools.delete(key);
    };
    const held: Held = { pool, drop, age: 0, idle: 0 };
    pools.set(key, held);
    return held;
  };
  return {
    get(origin, way) {
      const key = `${levelsOf(way.egress).key}${way.connectTimeoutMs} ${origin}`;
      const held = pools.get(key);
      if (held === undefined) return create(key, origin, way);
      held.idle = 0;
      return held;
    },
    protect: (port, host) => own.add(port, host),
    checkTlsFiles: tlsFiles.check,
    async close() {
      clearInterval(sweep);
      tlsFiles.close();
      pools.clear();
      await Promise.all(closing);
    },
  };
}

function sweepPools(pools: LRUCache<string, Held>): void {
  for (const [key, held] of [...pools.entries()]) {
    held.age += 1;
    held.idle += 1;
    if (held.idle > 1 || held.age > SWEEPS_MAX) pools.delete(key);
  }
}

interface KeyedLevels {
  readonly levels: Levels;
  /** Pools are not shared between actions with different rules: a connection that one may use, another may not. */
  readonly key: string;
}

/** The settings' rules and an action's, made comparable once per compiled action. */
function createLevels(base: BaseRules): (egress: EgressRules | undefined) => KeyedLevels {
  const known = new WeakMap<EgressRules, KeyedLevels>();
  const settingsAlone: KeyedLevels = { levels: [base], key: "" };
  return (egress) => {
    if (egress === undefined) return settingsAlone;
    let levels = known.get(egress);
    if (levels === undefined) {
      levels = { levels: [base, toRules(egress)], key: `${JSON.stringify(egress)} ` };
      known.set(egress, levels);
    }
    return levels;
  };
}

function toOwnPorts({ redisUrl, metricsPort }: PoolsSettings, proxy: EgressProxy | null): KnownPorts {
  const own = createOwnPorts();
  if (metricsPort !== 0) own.add(metricsPort);
  for (const { host, port } of toRedisPlaces(redisUrl)) own.add(port, host);
  // Others may well serve HTTPS on the proxy's port.
  if (proxy !== null) own.addAt(proxy.host, proxy.port);
  return own;
}

function toResolve({ dnsServers }: PoolsSettings): Resolve {
  return createResolve(dnsServers === undefined ? createAskSystem() : createAskServers(dnsServers), Date.now);
}

/** Only ever handed an address, so that nothing can be resolved once more. */
function dialTcp(address: string, port: number) {
  return connect({ host: address, port });
}

function toDestination(origin: string): Destination {
  const { protocol, hostname, port } = new URL(origin);
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    scheme,
    host: hostname.replace(/^\[|\]$|\.$/g, ""),
    port: Number(port || (scheme === "https" ? 443 : 80)),
  };
}

function createPool(origin: string, connector: ConnectorOptions, connections: number): Pool {
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
    connect: createConnector(connector),
    allowH2: false,
  });
}
