// How many connections there are to a destination and in all, with real sockets: the bound holds whatever
// actions send there.

import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { startNameServer } from "../support/dns-server.ts";
import { eventually } from "../support/eventually.ts";
import { startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding, wireTo } from "../support/sender.ts";

/**
 * An HTTP server of every address of this machine that counts its connections, and answers when it is told
 * to.
 */
async function startCounter() {
  const open = new Set<Socket>();
  const unanswered: Socket[] = [];
  const counts = { most: 0, accepted: 0, isHolding: false };
  const answer = (socket: Socket): void =>
    void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const server = createServer((socket) => {
    open.add(socket);
    counts.accepted += 1;
    counts.most = Math.max(counts.most, open.size);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", () => (counts.isHolding ? unanswered.push(socket) : setTimeout(answer, 5, socket)));
  }).listen(0, "0.0.0.0");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    unanswered,
    release(): void {
      counts.isHolding = false;
      for (const socket of unanswered.splice(0)) answer(socket);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A connection is used again from the next turn of the event loop on. */
const untilFree = () => new Promise((resolve) => setImmediate(setImmediate, resolve));

test("the most sockets to a destination are the most, over actions with other timeouts and other rules", async () => {
  await using counter = await startCounter();
  await using sender = createSender({ POSTRIDER_CONNECTIONS_PER_DESTINATION: "3" });
  const ways = [
    { connectTimeoutMs: 1_900 },
    { connectTimeoutMs: 2_000 },
    { egress: { allowPorts: [String(counter.port)] } },
    { egress: { allowHosts: ["127.0.0.1"] } },
  ];

  const sent = await Promise.all(
    Array.from({ length: 80 }, (_, index) =>
      sender.send(`http://127.0.0.1:${counter.port}/`, ways[index % ways.length]),
    ),
  );

  expect(new Set(sent.map(describeFinding))).toEqual(new Set(["200"]));
  // One that was closed to make room may be open at its other end for a moment.
  expect(sender.pools.stats().sockets.open).toBeLessThanOrEqual(3);
  expect(counter.counts.most).toBeLessThanOrEqual(2 * 3);
});

test("connections are used again, and renewed after five minutes, without harm to what is in flight", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    await using counter = await startCounter();
    await using sender = createSender();
    const send = () => sender.send(`http://127.0.0.1:${counter.port}/`);
    await send();
    await untilFree();
    await send();
    await untilFree();
    expect(counter.counts.accepted).toBe(1);

    counter.counts.isHolding = true;
    const inFlight = send();
    await eventually(() => expect(counter.unanswered).toHaveLength(1));
    for (let sweeps = 0; sweeps < 11; sweeps++) vi.advanceTimersByTime(30_000);
    counter.release();
    expect(describeFinding(await inFlight)).toBe("200");
    await send();
    expect(counter.counts.accepted).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test("what waits for a connection that never gets free ends with its deadline, and who comes next is served", async () => {
  await using counter = await startCounter();
  await using sender = createSender({ POSTRIDER_CONNECTIONS_PER_DESTINATION: "1" });
  counter.counts.isHolding = true;
  const url = `http://127.0.0.1:${counter.port}/`;
  const holds = sender.send(url);
  await eventually(() => expect(counter.unanswered).toHaveLength(1));

  expect((await sender.send(url, { timeoutMs: 100 })).finding).toMatchObject({
    code: "timeout",
    message: "no connection was made, or free, within 100 ms",
  });
  const next = sender.send(url);
  counter.release();
  expect([await holds, await next].map(describeFinding)).toEqual(["200", "200"]);
  expect(counter.counts.accepted).toBe(1);
});

test("the sockets in all are bounded: idle ones go for others, and where none is idle it is nobody else's fault", async () => {
  await using counter = await startCounter();
  const warnings: string[] = [];
  await using sender = createSender(
    { POSTRIDER_OWN_LANES_MAX: "1" },
    { openFilesMax: 1, warn: (line) => warnings.push(line) },
  );
  const { sockets } = sender.pools.stats();
  const url = (host: number) => `http://127.0.1.${host}:${counter.port}/`;
  expect(sockets.max).toBe(16);
  expect(warnings).toEqual([expect.stringContaining("the limit on open files (1) leaves 16 sockets")]);

  for (let host = 0; host < 40; host++) {
    expect(describeFinding(await sender.send(url(host)))).toBe("200");
    await untilFree();
  }
  expect(sockets.open).toBe(16);

  counter.counts.isHolding = true;
  const busy = Array.from({ length: 16 }, (_, host) => sender.send(url(host)));
  await eventually(() => expect(counter.unanswered).toHaveLength(16));
  expect((await sender.send(url(99))).finding).toMatchObject({
    code: "local",
    message: "all 16 sockets of this process are in use",
  });
  const waits = sender.send(url(3));
  counter.release();
  expect(new Set([...(await Promise.all(busy)), await waits].map(describeFinding))).toEqual(new Set(["200"]));
  expect(sockets).toMatchObject({ open: 16, refused: 1 });
});

describe("a private address that comes late refuses the name", () => {
  /** Nobody answers there. */
  const OTHER_PORT = 81;
  /** The private address is kept back until `tell` is called. */
  const startNames = async () => {
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const both = () => ["fd00::1", "93.184.216.34"];
    const names = await startNameServer(both, 60, (_, type) => (type === "AAAA" ? told : null));
    return { ...names, tell };
  };
  const toEnvironment = (place: string) => ({
    POSTRIDER_ALLOW_NETWORKS: "",
    POSTRIDER_DNS_SERVERS: place,
  });

  test("from then on, also where a connection is warm", async () => {
    await using counter = await startCounter();
    await using names = await startNames();
    const wires = wireTo(counter.port);
    await using sender = createSender(toEnvironment(names.place), { dial: wires.dial });
    const send = async () => {
      const sent = await sender.send("http://mixed.example/");
      await untilFree();
      return describeFinding(sent);
    };

    expect(await send()).toBe("200");
    names.tell();
    await eventually(async () => expect(await send()).toBe("address_forbidden unique_local"));
    expect(wires.dialed).toEqual(["93.184.216.34"]);
  });

  test("also when it comes while a connection is being made", async () => {
    await using counter = await startCounter();
    await using names = await startNames();
    const connected: Socket[] = [];
    const dial = (_: string, port: number): Socket => {
      const socket = new Socket();
      if (port === OTHER_PORT) return socket;
      names.tell();
      void untilTold().then(() => socket.connect(counter.port, "127.0.0.1"));
      connected.push(socket);
      return socket;
    };
    await using sender = createSender(toEnvironment(names.place), { dial });
    // That the answer was sent says nothing about whether the sender has read it: another port of the same
    // name is refused once it has.
    const untilTold = () =>
      eventually(async () => {
        const sent = await sender.send(`http://mixed.example:${OTHER_PORT}/`, { connectTimeoutMs: 50 });
        expect(describeFinding(sent)).toBe("address_forbidden unique_local");
      });

    const sent = await sender.send("http://mixed.example/", { connectTimeoutMs: 30_000, timeoutMs: 30_000 });
    expect(describeFinding(sent)).toBe("address_forbidden unique_local");
    expect(connected.map(({ bytesWritten }) => bytesWritten)).toEqual([0]);
  });
});

test("who waits for want of sockets gets the first that another destination can do without", async () => {
  await using busy = await startCounter();
  await using other = await startCounter();
  await using sender = createSender(
    { POSTRIDER_OWN_LANES_MAX: "1" },
    { openFilesMax: 1, warn: () => undefined },
  );
  const { max } = sender.pools.stats().sockets;
  busy.counts.isHolding = true;
  other.counts.isHolding = true;
  const [mine, theirs] = [busy, other].map(({ port }) => `http://127.0.0.1:${port}/`) as [string, string];
  const holds = sender.send(mine);
  const others = Array.from({ length: max - 1 }, () => sender.send(theirs));
  await eventually(() => expect(busy.unanswered.length + other.unanswered.length).toBe(max));

  // Its own connection stays busy; only another destination's can make room.
  const waits = sender.send(mine, { timeoutMs: 60_000 });
  const gaveUp = await sender.send(mine, { timeoutMs: 100 });
  expect(gaveUp.finding).toMatchObject({ code: "local", message: expect.stringContaining("all sockets") });
  other.release();
  await eventually(() => expect(busy.unanswered).toHaveLength(2));
  busy.release();
  expect([await waits, await holds, ...(await Promise.all(others))].map(describeFinding)).toEqual(
    Array.from({ length: max + 1 }, () => "200"),
  );
});

test("a connection that is still being made ends with the request that it is made for", async () => {
  const silent = new Socket();
  await using sender = createSender({}, { dial: () => silent });

  const sent = await sender.send("http://127.0.0.1:8080/", { timeoutMs: 100, connectTimeoutMs: 60_000 });

  expect(sent.finding).toMatchObject({ code: "timeout" });
  await eventually(() => expect(silent.destroyed).toBe(true));
  await eventually(() => expect(sender.pools.stats().sockets.open).toBe(0));
});

test("who answers without reading gets each request on a connection of its own, so that none pile up", async () => {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.pause();
      for (const at of [0, 50, 100])
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), at);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await using sender = createSender({ POSTRIDER_CONNECTIONS_PER_DESTINATION: "1" });
  // More than the buffers of the two sockets hold.
  const body = "x".repeat(16_000_000);

  for (let count = 1; count <= 3; count++) {
    expect(describeFinding(await sender.send(url, { body }))).toBe("200");
    await untilFree();
    expect(accepted).toBe(count);
  }
  for (const socket of open) socket.destroy();
  server.close();
});

test("no answer of an earlier request on a connection is taken for that of a later one", async () => {
  const receiver = await startReceiver();
  await using sender = createSender({ POSTRIDER_CONNECTIONS_PER_DESTINATION: "1" });
  expect(describeFinding(await sender.send(receiver.url))).toBe("200");

  // Some find their connection gone, some are on their way when it goes, some find nobody to connect to.
  const closing = receiver.close();
  const findings = await Promise.all(Array.from({ length: 20 }, () => sender.send(receiver.url)));
  await closing;
  const after = await sender.send(receiver.url);

  const answered = findings.filter((sent) => describeFinding(sent) === "200").length;
  expect(answered).toBeLessThanOrEqual(receiver.requests.length - 1);
  expect(describeFinding(after)).toBe("connect");
});
