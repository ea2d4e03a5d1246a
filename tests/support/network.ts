// What tests need of the network: this machine allowed, and ports where nobody listens.

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Receivers listen on this machine, which the guard refuses by default. */
export const LOOPBACK = { POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8,::1/128" } as const;

/**
 * Below what Linux (from 32768 on) and others give to whoever asks for any port: a server that is away for a
 * while finds its own still free.
 */
const PORTS = { first: 10_000, count: 22_000 } as const;
/** From anywhere on, one after the other: two that are asked for together are never the same. */
let given = randomInt(PORTS.count);

/** A port that was free a moment ago, and that nobody gets who does not ask for it. */
export async function closedPort(): Promise<number> {
  for (;;) {
    given = (given + 1) % PORTS.count;
    const port = PORTS.first + given;
    if (await isFree(port)) return port;
  }
}

/** The same, with four digits as in documents, where places in a text are counted. */
export async function closedPortOfFourDigits(): Promise<number> {
  for (let port = 9_001; port <= 9_999; port++) {
    if (await isFree(port)) return port;
  }
  throw new Error("no port between 9001 and 9999 is free");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
