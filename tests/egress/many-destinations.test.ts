// Ten thousand destinations in turn: what is held stays bounded. Every address of 127/8 is this machine, and
// every one is an origin.

import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { heldBytes } from "../support/held-bytes.ts";
import { createSender } from "../support/sender.ts";

const DESTINATIONS = 10_000;
const AT_ONCE = 50;
const DESTINATIONS_MAX = 256;
/** Measured: 4 MB, with the connections that are still open. */
const BYTES_MAX = 24 * 1_048_576;

const canCount = process.platform === "linux";

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test.skipIf(!canCount)(
  `10,000 destinations in turn leave no descriptors and no memory behind${canCount ? "" : " (SKIPPED: only Linux counts descriptors in /proc)"}`,
  async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    }).listen(0, "0.0.0.0");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sender = createSender({ POSTRIDER_DESTINATIONS_MAX: String(DESTINATIONS_MAX) });
    const descriptorsBefore = descriptors();
    const bytesBefore = heldBytes();

    let next = 0;
    let delivered = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      while (next < DESTINATIONS) {
        const index = next++;
        const { finding } = await sender.send(`http://127.1.${index >> 8}.${index & 255}:${port}/`);
        if (finding.kind === "reply" && finding.status === 200) delivered += 1;
        if (index % 500 === 0) most = Math.max(most, descriptors());
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));

    expect(delivered).toBe(DESTINATIONS);
    // Both ends of each connection are in this process.
    expect(most - descriptorsBefore).toBeLessThan(2 * (DESTINATIONS_MAX + 3 * AT_ONCE));
    expect(heldBytes() - bytesBefore).toBeLessThan(BYTES_MAX);

    await sender[Symbol.asyncDispose]();
    await eventually(() => expect(sockets.size).toBe(0));
    await eventually(() => expect(descriptors() - descriptorsBefore).toBeLessThan(10));
    server.close();
  },
  // Some 20 s of CPU time; a machine that others use as well takes several times as long.
  300_000,
);
