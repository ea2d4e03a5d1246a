// Connections, pooled by destination, and the one way to get at them: through the guard. What is held is
// bounded: so many destinations, so many sockets to each and in all, none for long without use.

import { connect } from "node:net";
import { toRedisPlaces } from "@postrider/redis/connect";
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
import { checkLate, type Held, type Route, renewAll, SWEEP_MS, sweepHeld } from "./route.ts";
import { createLevels, type KeyedLevels, toDestination, type Way } from "./route-rules.ts";

export interface Pools {
  /** The way to a destination, made when it is first needed; or why there is none. */
  get(origin: string, way: Way): Route | Refusal;
  /** Refuses a port of this process' own, or of `host`, from now on. */
  protect(port: number, host?: string): void;
  readonly tls: Omit<TlsFiles, "contextOf" | "close">;
  /** What is held now. */
  held(): { readonly destinations: number; readonly sockets: Readonly<Sockets> };
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
  const held = new Map<string, Held>();
  const leaving = new Set<Connections>();
  const { egressProxy, egressProxyResolves } = settings;
  const proxy = egressProxy === undefined ? null : toProxy(egressProxy, egressProxyResolves);
  const own = toOwnPorts(settings, proxy);
  const warn = outside.warn ?? (() => undefined);
  const makeRoom = (): boolean => {
    for (const { connections } of held.values()) if (connections.closeIdle()) return true;
    return false;
  };
  const sockets = createSockets({ ...settings, openFilesMax: outside.openFilesMax, warn }, makeRoom);
  const tlsFiles = openTlsFiles({
    path: settings.tlsFile,
    onChange: () => renewAll(held),
    warn,
  });
  const shared = {
    own,
    resolve:
      outside.resolve ?? toResolve(settings, (host, addresses) => checkLate(host, addresses, held, own)),
    dial: outside.dial ?? dialTcp,
    proxy,
    contextOf: tlsFiles.contextOf,
  };
  const base = toBaseRules(settings);
  const levelsOf = createLevels(base);
  const remove = (origin: string, { connections }: Held): void => {
    held.delete(origin);
    connections.renew();
    if (connections.isQuiet()) return;
    leaving.add(connections);
    void connections.quiet().then(() => leaving.delete(connections));
  };
  const sweep = setInterval(() => sweepHeld(held, remove), SWEEP_MS).unref();

  const hold = (origin: string, destination: Destination): Held => {
    const connections = createConnections(settings.connectionsPerDestination, sockets);
    const made: Held = { destination, connections, ways: new Map(), age: 0, idle: 0 };
    held.set(origin, made);
    for (const [other, entry] of held) {
      if (held.size <= settings.destinationsMax) break;
      if (entry !== made && entry.connections.isQuiet()) remove(other, entry);
    }
    return made;
  };
  const create = (origin: string, { key, levels }: KeyedLevels): Route | Refusal => {
    const destination = toDestination(origin);
    const refusal = checkDestination(destination, levels);
    if (refusal !== null) return refusal;
    const { connections, ways } = held.get(origin) ?? hold(origin, destination);
    const group = toGroup({ ...shared, destination, origin, levels });
    const { leave, abandon, isShort } = connections;
    const enter: Route["enter"] = (turn) => connections.enter(turn, group);
    const route: Route = { enter, leave, abandon, isShort, drop: () => connections.renew() };
    ways.set(key, { levels, group, route });
    return route;
  };
  return {
    get(origin, way) {
      const keyed = levelsOf(way.egress);
      const known = held.get(origin);
      if (known !== undefined) {
        known.idle = 0;
        held.delete(origin);
        held.set(origin, known);
      }
      return known?.ways.get(keyed.key)?.route ?? create(origin, keyed);
    },
    protect: (port, host) => own.add(port, host),
    tls: tlsFiles,
    held: () => ({ destinations: held.size, sockets }),
    async close() {
      clearInterval(sweep);
      tlsFiles.close();
      for (const [origin, entry] of [...held]) remove(origin, entry);
      await Promise.all([...leaving].map((connections) => connections.quiet()));
    },
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
