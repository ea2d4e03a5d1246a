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

/** The same, with four digits as in documents, where places in a text are counted. */
export async function closedPortOfFourDigits(): Promise<number> {
  for (let port = 9_001; port <= 9_999; port++) {
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("listening", () => resolve(true)).once("error", () => resolve(false));
    });
    server.close();
    if (isFree) return port;
  }
  throw new Error("no port between 9001 and 9999 is free");
}
