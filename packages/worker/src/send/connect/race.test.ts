// Which address wins: real sockets for what answers or refuses, and one that never connects for what is
// silent.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { race } from "./race.ts";

let server: Server;
let port = 0;

beforeEach(async () => {
  server = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  vi.useRealTimers();
  server.close();
});

/** `silent` never answers, `refuses` fails at once, anything else connects to the server. */
function createDial() {
  const sockets: Record<string, Socket> = {};
  const dial = (address: string): Socket => {
    const socket =
      address === "silent"
        ? new Socket()
        : connect({ host: "127.0.0.1", port: address === "refuses" ? 1 : port });
    sockets[address] = socket;
    return socket;
  };
  return { dial, sockets };
}

test("the first address wins when it answers, and no other is tried", async () => {
  const { dial, sockets } = createDial();

  const socket = await race(["one", "two"], port, dial).winner;

  expect(Object.keys(sockets)).toEqual(["one"]);
  expect(socket).toBe(sockets["one"]);
  expect(["error", "connect"].map((event) => socket.listenerCount(event))).toEqual([0, 0]);
  socket.destroy();
});

test("the next address is tried at once when one refuses", async () => {
  const { dial, sockets } = createDial();
  // No wait ends while this lasts.
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());

  const socket = await race(["refuses", "one"], port, dial).winner;

  expect(socket).toBe(sockets["one"]);
  socket.destroy();
});

test("the next address is tried after a quarter of a second of silence, and the silent one is dropped", async () => {
  const { dial, sockets } = createDial();
  const startedAt = performance.now();

  const socket = await race(["silent", "one", "two"], port, dial).winner;

  expect(socket).toBe(sockets["one"]);
  expect(performance.now() - startedAt).toBeGreaterThan(245);
  expect(sockets["silent"]?.destroyed).toBe(true);
  expect(sockets["two"]).toBeUndefined();
  socket.destroy();
});

test("when every address refuses, the error is the last one's", async () => {
  const { dial } = createDial();

  await expect(race(["refuses", "refuses"], port, dial).winner).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
});

test("called off, it drops what it is trying and tries nothing more", async () => {
  vi.useFakeTimers();
  const { dial, sockets } = createDial();
  const racing = race(["silent", "one"], port, dial);

  racing.cancel();
  vi.advanceTimersByTime(1_000);

  expect(sockets["silent"]?.destroyed).toBe(true);
  expect(sockets["one"]).toBeUndefined();
});

test("of many silent addresses four are tried at once, and the last one that answers is found", async () => {
  const sockets: Socket[] = [];
  const dial = (address: string): Socket => {
    const socket = address === "one" ? connect({ host: "127.0.0.1", port }) : new Socket();
    sockets.push(socket);
    return socket;
  };
  const addresses = [...Array.from({ length: 6 }, (_, nth) => `silent${nth}`), "one"];

  const socket = await race(addresses, port, dial).winner;

  expect(socket).toBe(sockets.at(-1));
  expect(sockets.slice(0, -1).every((silent) => silent.destroyed)).toBe(true);
  socket.destroy();
});

test("those that were tried longest make room", () => {
  vi.useFakeTimers();
  const sockets: Socket[] = [];
  const { cancel } = race(["a", "b", "c", "d", "e", "f"], port, () => {
    const socket = new Socket();
    sockets.push(socket);
    return socket;
  });
  vi.advanceTimersByTime(5 * 250);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false, false, false]);
  cancel();
});
