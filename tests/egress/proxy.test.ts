// Through a proxy: what it is handed, whose fault is whose, and that nothing goes around it.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Certificate, createAuthority, hasOpenssl } from "../support/certificates.ts";
import { closedPort } from "../support/network.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding } from "../support/sender.ts";

interface TestProxy {
  readonly url: string;
  readonly asked: { target: string; authorization: string | undefined }[];
  [Symbol.asyncDispose](): Promise<void>;
}

type Decide = (request: IncomingMessage, socket: Socket) => void;

/** A CONNECT proxy; by default it connects to the port that it is asked for, on this machine. */
async function startProxy(decide: Decide = connectThrough, certificate?: Certificate): Promise<TestProxy> {
  const asked: TestProxy["asked"] = [];
  const open = new Set<Socket>();
  const server = certificate === undefined ? createServer() : createHttpsServer(certificate);
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    asked.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    decide(request, socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const connectThrough: Decide = (request, socket) => {
  const upstream = connect({ host: "127.0.0.1", port: Number(request.url?.split(":").at(-1)) });
  upstream.on("error", () => socket.destroy());
  upstream.on("close", () => socket.destroy());
  socket.on("close", () => upstream.destroy());
  upstream.on("connect", () => {
    socket.write("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
    socket.pipe(upstream).pipe(socket);
  });
};

function says(answer: string): Decide {
  return (_, socket) => void socket.end(answer);
}

/** A name's addresses; the proxy itself is an address. */
const outside = {
  resolve: async (host: string) =>
    host === "inside.example" ? ["10.0.0.1"] : ["2606:4700::1111", "93.184.216.34"],
};
const PUBLIC_ONLY = { POSTRIDER_ALLOW_NETWORKS: "" };

test("the proxy is handed the address that the guard has checked, and the credentials; requests are the destination's", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  await using proxy = await startProxy();
  const url = proxy.url.replace("//", "//us%40er:p%3Ass@");
  await using sender = createSender(
    { ...PUBLIC_ONLY, POSTRIDER_EGRESS_PROXY: url },
    { resolve: async (host) => (host === "127.0.0.1" ? [host] : outside.resolve(host)) },
  );

  const sent = await sender.send(`http://api.example.com:${port}/x`);

  expect(describeFinding(sent)).toBe("200");
  expect(proxy.asked).toEqual([
    {
      target: `93.184.216.34:${port}`,
      authorization: `Basic ${Buffer.from("us@er:p:ss").toString("base64")}`,
    },
  ]);
  expect(receiver.requests[0]).toMatchObject({ path: "/x", headers: { host: `api.example.com:${port}` } });
  expect(receiver.requests[0]?.rawHeaders.join()).not.toMatch(/proxy/i);
});

test("the next address is asked for where the proxy could not reach the one before, three at most, and after no other trouble", async () => {
  await using receiver = await startReceiver(() => reply(200, { connection: "close" }));
  const { port } = new URL(receiver.url);
  const addresses = ["2606:4700::1111", "93.184.216.34", "93.184.216.35", "93.184.216.36", "93.184.216.37"];
  const resolve = async (host: string) => (host === "127.0.0.1" ? [host] : addresses);
  const answers: Record<string, string> = {
    "93.184.216.34": "502 Bad Gateway",
    "93.184.216.35": "504 Timeout",
  };
  await using proxy = await startProxy((request, socket) => {
    const answer = answers[request.url?.split(":")[0] ?? ""];
    if (answer === undefined) connectThrough(request, socket);
    else socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
  });
  await using sender = createSender({ ...PUBLIC_ONLY, POSTRIDER_EGRESS_PROXY: proxy.url }, { resolve });
  const send = async () => {
    proxy.asked.length = 0;
    const finding = describeFinding(await sender.send(`http://api.example.com:${port}/`, { method: "GET" }));
    return [finding, ...proxy.asked.map(({ target }) => target.split(":")[0])];
  };

  expect(await send()).toEqual(["200", "93.184.216.34", "93.184.216.35", "93.184.216.36"]);
  answers["93.184.216.36"] = "502 Bad Gateway";
  expect(await send()).toEqual(["connect", "93.184.216.34", "93.184.216.35", "93.184.216.36"]);
  answers["93.184.216.34"] = "429 Too Many Requests";
  expect(await send()).toEqual(["proxy", "93.184.216.34"]);
});

test("what the guard refuses does not even get to the proxy", async () => {
  await using proxy = await startProxy();
  await using sender = createSender({ ...PUBLIC_ONLY, POSTRIDER_EGRESS_PROXY: proxy.url }, outside);

  expect(describeFinding(await sender.send("http://inside.example/"))).toBe("address_forbidden private");
  expect(describeFinding(await sender.send("http://169.254.169.254/"))).toBe("address_forbidden metadata");
  expect(proxy.asked).toEqual([]);
});

test("a proxy that resolves is handed names, and addresses that stand in a URL are judged all the same", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  await using proxy = await startProxy();
  const environment = {
    ...PUBLIC_ONLY,
    POSTRIDER_EGRESS_PROXY: proxy.url,
    POSTRIDER_EGRESS_PROXY_RESOLVES: "true",
  };
  const resolve = async (host: string) => {
    if (host === "127.0.0.1") return [host];
    throw new Error(`${host} was resolved here`);
  };
  await using sender = createSender(environment, { resolve });

  expect(describeFinding(await sender.send(`http://api.example.com:${port}/`))).toBe("200");
  expect(describeFinding(await sender.send("http://10.0.0.1/"))).toBe("address_forbidden private");
  expect(proxy.asked.map(({ target }) => target)).toEqual([`api.example.com:${port}`]);
});

describe("whose fault it is", () => {
  test.each([
    ["refuses the credentials", says("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "proxy"],
    ["refuses the destination", says("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied"), "proxy"],
    [
      "denies as Smokescreen does",
      says("HTTP/1.1 407 Denied\r\nX-Smokescreen-Error: address 10.0.0.1 denied\r\n\r\n"),
      "address_forbidden proxy_refused",
    ],
    ["is overloaded", says("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "proxy"],
    ["limits the rate", says("HTTP/1.1 429 Too Many Requests\r\n\r\n"), "proxy"],
    ["is broken", says("HTTP/1.1 500 Internal Server Error\r\n\r\n"), "proxy"],
    ["closes the connection", says(""), "proxy"],
    ["answers no HTTP", says("SSH-2.0-OpenSSH_9.7\r\n\r\n"), "proxy"],
    ["answers without an end", says(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}`), "proxy"],
    [
      "sends more than its answer",
      says("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      "proxy",
    ],
    ["says nothing", (() => undefined) satisfies Decide, "proxy"],
    ["cannot reach the destination", says("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "connect"],
    ["waits for the destination in vain", says("HTTP/1.1 504 Gateway Timeout\r\n\r\n"), "connect_timeout"],
    [
      "cannot reach the destination, as Squid says it",
      says("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n"),
      "connect",
    ],
  ])("a proxy that %s", async (what, decide, fault) => {
    await using proxy = await startProxy(decide);
    await using sender = createSender({ POSTRIDER_EGRESS_PROXY: proxy.url });

    const sent = await sender.send("http://93.184.216.34/", {
      connectTimeoutMs: what === "says nothing" ? 200 : 4_000,
    });

    expect(describeFinding(sent)).toBe(fault);
    expect(JSON.stringify(sent)).not.toContain("10.0.0.1");
  });

  test("a proxy that is not there", async () => {
    await using sender = createSender({
      POSTRIDER_EGRESS_PROXY: `http://u:s3cret@127.0.0.1:${await closedPort()}`,
    });

    const sent = await sender.send("http://93.184.216.34/");

    expect(describeFinding(sent)).toBe("proxy");
    expect(JSON.stringify(sent)).not.toContain("s3cret");
  });

  test("a connection to the proxy that this machine cannot make is its own fault", async () => {
    await using sender = createSender(
      { POSTRIDER_EGRESS_PROXY: "http://127.0.0.1:3128" },
      { dial: (host, port) => connect({ host, port, localAddress: "203.0.113.9" }) },
    );

    expect(describeFinding(await sender.send("http://93.184.216.34/"))).toBe("local");
  });

  test("a destination that breaks behind the tunnel is at fault itself", async () => {
    const breaks = createTcpServer((socket) => void socket.once("data", () => socket.destroy())).listen(
      0,
      "127.0.0.1",
    );
    await once(breaks, "listening");
    await using proxy = await startProxy();
    await using sender = createSender({ POSTRIDER_EGRESS_PROXY: proxy.url });

    const { port } = breaks.address() as AddressInfo;
    expect(describeFinding(await sender.send(`http://127.0.0.1:${port}/`))).toBe("reset");
    breaks.close();
  });
});

describe.skipIf(!hasOpenssl())("TLS", () => {
  test.each(["in the clear", "over TLS"])(
    "goes through the tunnel to a proxy that is spoken to %s",
    async (how) => {
      using authority = createAuthority();
      const receiver = createHttpsServer(authority.issue("DNS:api.example.com"), (request, response) => {
        request.resume();
        response.end("ok");
      }).listen(0, "127.0.0.1");
      await once(receiver, "listening");
      const { port } = receiver.address() as AddressInfo;
      await using proxy = await startProxy(
        connectThrough,
        how === "over TLS" ? authority.issue("IP:127.0.0.1") : undefined,
      );
      const tlsFile = join(authority.directory, "tls.json");
      const origins = [`https://api.example.com:${port}`, ...(how === "over TLS" ? [proxy.url] : [])];
      const destinations = Object.fromEntries(origins.map((origin) => [origin, { ca: "ca.pem" }]));
      writeFileSync(tlsFile, JSON.stringify({ destinations }));
      await using sender = createSender(
        { ...PUBLIC_ONLY, POSTRIDER_EGRESS_PROXY: proxy.url, POSTRIDER_TLS_FILE: tlsFile },
        { resolve: async (host) => (host === "127.0.0.1" ? [host] : ["93.184.216.34"]) },
      );

      const sent = await sender.send(`https://api.example.com:${port}/`);

      expect(describeFinding(sent)).toBe("200");
      expect(sent.tlsMs).toEqual(expect.any(Number));
      expect(proxy.asked.map(({ target }) => target)).toEqual([`93.184.216.34:${port}`]);

      if (how === "over TLS") {
        writeFileSync(tlsFile, JSON.stringify({ destinations: { [origins[0] ?? ""]: { ca: "ca.pem" } } }));
        await sender.pools.tls.check();
        expect(describeFinding(await sender.send(`https://api.example.com:${port}/`))).toBe("proxy");
      }
      receiver.closeAllConnections();
      receiver.close();
    },
  );
});
