// What measurements of `postrider api` share: its command, a port, and when it is ready.

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Child } from "./child.ts";

export const API_COMMAND = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));

const READY_MS = 30_000;

/** Waits until a server of the bench's answers. @throws when it ends, or does not. */
export async function untilReady(url: string, server: Child): Promise<void> {
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const deadline = Date.now() + READY_MS;
  while (!(await Promise.race([isReady(), server.failure]))) {
    if (Date.now() > deadline) throw new Error("the API is not ready");
    await sleep(50);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
