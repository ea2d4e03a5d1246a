// Postrider's own ports, which no delivery reaches, whatever is allowed: Redis would take a request for
// commands, and metrics are no stranger's business. Other workers' ports are the same numbers on other
// private addresses, so those count as ours as well.

import { networkInterfaces } from "node:os";
import { connectedPlaces } from "@postrider/redis/connect";
import type { RedisClient } from "@postrider/redis/home-cluster";
import type { OwnPorts } from "./guard.ts";

export interface KnownPorts extends OwnPorts {
  /** Adds a port of which every address that is not public is ours, and this machine's, and `host`. */
  add(port: number, host?: string): void;
  /** Adds a port of one host alone. */
  addAt(host: string, port: number): void;
}

export function createOwnPorts(): KnownPorts {
  const ports = new Set<number>();
  const places = new Set<string>();
  const addAt = (host: string, port: number): void => void places.add(`${host} ${port}`);
  return {
    addAt,
    add(port, host) {
      ports.add(port);
      if (host !== undefined) addAt(host, port);
    },
    isOurs(host, address, port, isPublic) {
      if (ports.has(port) && (!isPublic || isThisMachine(address))) return true;
      return places.has(`${host} ${port}`) || places.has(`${address} ${port}`);
    },
  };
}

/**
 * No delivery reaches the Redis that is spoken to, which Sentinels or a Cluster may have named, and name
 * another after a failover.
 */
export function protectRedis(
  redis: RedisClient,
  { protect }: { readonly protect: (port: number, host: string) => void },
): void {
  const protectNow = (): void => {
    for (const { port, host } of connectedPlaces(redis)) protect(port, host);
  };
  protectNow();
  redis.on("connect", protectNow);
  redis.on("+node", protectNow);
}

function isThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.address === address),
  );
}
