// Connections, pooled by destination, and the one way to get at them: through the guard. What is held is
// bounded: so many destinations, so many sockets to each and in all, none for long without use.

import { connect } from "node:net";
import { splitRedisUrls, toRedisPlaces } from "@postrider/shared/redis-url";
import type { Settings } from "@postrider/shared/settings/settings";
import { type EgressProxy, toProxy } from "../connect/proxy.ts";
import type { Dial } from "../connect/race.ts";
import { checkDestination, type Destination, type Refusal, toBaseRules } from "../guard/guard.ts";
import { createOwnPorts, type KnownPorts } from "../guard/own-ports.ts";
import { createAskServers } from "../resolve/name-servers.ts";
import { createResolve, type Resolve } from "../resolve/resolve.ts";
import { createAskSystem } from "../resolve/system.ts";
import { openTlsFiles, type TlsFiles } from "../tls/tls-files.ts";
import { toGroup } from "./client.ts";
import { type Connections, createConnections, type Sockets } from "./connections.ts";
import { createSockets } from "./open-files.ts";
import { checkLate, type Pool, type Route, renewAll, SWEEP_MS, sweepPools } from "./pool.ts";
import { createLevels, type KeyedLevels, type RouteOptions, toDestination } from "./route-rules.ts";

export interface Pools {
  /** The route to a destination, made when it is first needed; or why there is none. */
  get(origin: string, options: RouteOptions): Route | Refusal;
  /** Refuses a port of this process' own, or of `host`, from now on. */
  protect(port: number, host?: string): void;
  readonly tls: Omit<TlsFiles, "contextOf" | "close">;
  /** What there is now. */
  stats(): { readonly destinations: number; readonly sockets: Readonly<Sockets> };
  /** Closes all sockets, those in use when what is in flight on them has ended. */
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
  | "concurrency"
  | "lanes"
  | "ownLanesMax"
>;

/** What a test may stand in for. */
export interface Outside {
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  readonly warn?: (message: string) => void;
  /** The limit on open files; null: none is known. */
  readonly openFilesMax?: number | null;
}

/**
 * The least recently used destination beyond `destinationsMax` goes, unless something is in flight to it.
 * @throws PostriderError `settings_invalid` when a TLS file cannot be used.
 */
export function createPools(settings: PoolsSettings, outside: Outside = {}): Pools {
  // In the order of their last use.
  const pools = new Map<string, Pool>();
  const leaving = new Set<Connections>();
  const { egressProxy, egressProxyResolves } = settings;
  const proxy = egressProxy === undefined ? null : toProxy(egressProxy, egressProxyResolves);
  const own = toOwnPorts(settings, proxy);
  const warn = outside.warn ?? (() => undefined);
  const makeRoom = (): boolean => {
    for (const { connections } of pools.values()) if (connections.closeIdle()) return true;
    return false;
  };
  const sockets = createSockets({ ...settings, openFilesMax: outside.openFilesMax, warn }, makeRoom);
  const tlsFiles = openTlsFiles({
    path: settings.tlsFile,
    onChange: () => renewAll(pools),
    warn,
  });
  const shared = {
    own,
    resolve:
      outside.resolve ?? toResolve(settings, (host, addresses) => checkLate(host, addresses, pools, own)),
    dial: outside.dial ?? dialTcp,
    proxy,
    contextOf: tlsFiles.contextOf,
  };
  const base = toBaseRules(settings);
  const levelsOf = createLevels(base);
  const remove = (origin: string, { connections }: Pool): void => {
    pools.delete(origin);
    connections.renew();
    if (connections.isQuiet()) return;
    leaving.add(connections);
    void connections.quiet().then(() => leaving.delete(connections));
  };
  const sweep = setInterval(() => sweepPools(pools, remove), SWEEP_MS).unref();

  const openPool = (origin: string, destination: Destination): Pool => {
    const connections = createConnections(settings.connectionsPerDestination, sockets);
    const opened: Pool = { destination, connections, routes: new Map(), age: 0, idle: 0 };
    pools.set(origin, opened);
    for (const [other, pool] of pools) {
      if (pools.size <= settings.destinationsMax) break;
      if (pool !== opened && pool.connections.isQuiet()) remove(other, pool);
    }
    return opened;
  };
  const create = (origin: string, { key, levels }: KeyedLevels): Route | Refusal => {
    const destination = toDestination(origin);
    const refusal = checkDestination(destination, levels);
    if (refusal !== null) return refusal;
    const { connections, routes } = pools.get(origin) ?? openPool(origin, destination);
    const group = toGroup({ ...shared, destination, origin, levels });
    const route: Route = { levels, group, connections };
    routes.set(key, route);
    return route;
  };
  return {
    get(origin, { egress }) {
      const keyed = levelsOf(egress);
      const known = pools.get(origin);
      if (known !== undefined) {
        known.idle = 0;
        pools.delete(origin);
        pools.set(origin, known);
      }
      return known?.routes.get(keyed.key) ?? create(origin, keyed);
    },
    protect: (port, host) => own.add(port, host),
    tls: tlsFiles,
    stats: () => ({ destinations: pools.size, sockets }),
    async close() {
      clearInterval(sweep);
      tlsFiles.close();
      for (const [origin, pool] of [...pools]) remove(origin, pool);
      await Promise.all([...leaving].map((connections) => connections.quiet()));
    },
  };
}

function toOwnPorts({ redisUrl, metricsPort }: PoolsSettings, proxy: EgressProxy | null): KnownPorts {
  const own = createOwnPorts();
  if (metricsPort !== 0) own.add(metricsPort);
  for (const { host, port } of splitRedisUrls(redisUrl).flatMap(toRedisPlaces)) own.add(port, host);
  // Others may well serve HTTPS on the proxy's port.
  if (proxy !== null) own.addAt(proxy.host, proxy.port);
  return own;
}

function toResolve(
  { dnsServers }: PoolsSettings,
  onLate: (host: string, addresses: readonly string[]) => void,
): Resolve {
  const ask = dnsServers === undefined ? createAskSystem() : createAskServers(dnsServers);
  return createResolve(ask, Date.now, onLate);
}

/** Only ever handed an address, so that nothing can be resolved once more. */
function dialTcp(address: string, port: number) {
  return connect({ host: address, port });
}
