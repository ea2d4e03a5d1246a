// What tests need of the network: this machine allowed, and ports where nobody listens.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Receivers listen on this machine, which the guard refuses by default. */
export const LOOPBACK = { POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8,::1/128" } as const;

/** A port that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
