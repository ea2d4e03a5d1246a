// TLS with real certificates: what is verified, what is refused, and files that change while the sender runs.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { TLSSocket, type TlsOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, hasOpenssl } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { createSender, describeFinding } from "../support/sender.ts";

const skipped = hasOpenssl() ? "" : " (SKIPPED: there is no openssl on this machine)";
let authority: Authority;

beforeAll(() => {
  if (hasOpenssl()) authority = createAuthority();
});
afterAll(() => authority?.[Symbol.dispose]());

/** Every name leads to this machine. */
const outside = { resolve: async () => ["127.0.0.1"] };

interface Receiver {
  readonly url: (host?: string) => string;
  readonly seen: { servername: string | false | null; client: string | undefined; reused: boolean }[];
  readonly server: Server;
  [Symbol.asyncDispose](): Promise<void>;
}

async function startHttps(options: TlsOptions): Promise<Receiver> {
  const seen: Receiver["seen"] = [];
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    const client = (socket.getPeerCertificate().subject as { CN?: string } | undefined)?.CN;
    seen.push({ servername: socket.servername ?? null, client, reused: socket.isSessionReused() });
    request.resume();
    if (request.url === "/continue") response.writeContinue();
    response.end("ok");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    server,
    url: (host = "api.example.com") => `https://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function writeTlsFile(name: string, destinations: object): string {
  const path = join(authority.directory, name);
  writeFileSync(path, JSON.stringify({ destinations }));
  return path;
}

describe.skipIf(!hasOpenssl())(`TLS${skipped}`, () => {
  test("a certificate of one's own authority is good for its destination alone, with the name in the handshake", async () => {
    await using receiver = await startHttps(authority.issue("DNS:api.example.com,DNS:other.example.com"));
    const tlsFile = writeTlsFile("own.json", { [receiver.url()]: { ca: "ca.pem" } });
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);

    const sent = await sender.send(receiver.url());

    expect(describeFinding(sent)).toBe("200");
    expect(sent).toMatchObject({
      dnsMs: expect.any(Number),
      connectMs: expect.any(Number),
      tlsMs: expect.any(Number),
    });
    expect(receiver.seen[0]?.servername).toBe("api.example.com");
    expect(describeFinding(await sender.send(receiver.url("other.example.com")))).toBe("certificate");
  });

  test("a 100 Continue that nobody asked for is read over on a secure connection, too", async () => {
    await using receiver = await startHttps(authority.issue("DNS:api.example.com"));
    const tlsFile = writeTlsFile("continue.json", { [receiver.url()]: { ca: "ca.pem" } });
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);

    const findings = [];
    for (const path of ["/continue", "/", "/continue"])
      findings.push(describeFinding(await sender.send(receiver.url() + path)));

    expect(findings).toEqual(["200", "200", "200"]);
    expect(receiver.seen).toHaveLength(3);
  });

  test.each([
    ["of an unknown authority", "DNS:api.example.com", false, false],
    ["for another name", "DNS:other.example.com", false, true],
    ["that has expired", "DNS:api.example.com", true, true],
  ])(
    "a certificate %s is refused for what it is, before a request is sent",
    async (_, names, hasExpired, isTrusted) => {
      await using receiver = await startHttps(authority.issue(names, { hasExpired }));
      const tlsFile = writeTlsFile("bad.json", isTrusted ? { [receiver.url()]: { ca: "ca.pem" } } : {});
      await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);

      expect(describeFinding(await sender.send(receiver.url()))).toBe("certificate");
      expect(receiver.seen).toEqual([]);
    },
  );

  test("an address is held to a certificate for that address, and is no server name", async () => {
    await using receiver = await startHttps(authority.issue("IP:127.0.0.1"));
    await using named = await startHttps(authority.issue("DNS:api.example.com"));
    const tlsFile = writeTlsFile("ip.json", {
      [receiver.url("127.0.0.1")]: { ca: "ca.pem" },
      [named.url("127.0.0.1")]: { ca: "ca.pem" },
    });
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile });

    expect(describeFinding(await sender.send(receiver.url("127.0.0.1")))).toBe("200");
    expect(receiver.seen[0]?.servername).toBe(false);
    expect(describeFinding(await sender.send(named.url("127.0.0.1")))).toBe("certificate");
  });

  test.each(["TLSv1", "TLSv1.1"] as const)(
    "a server that speaks %s at best is refused",
    async (maxVersion) => {
      const options = { minVersion: maxVersion, maxVersion, ciphers: "DEFAULT@SECLEVEL=0" };
      await using receiver = await startHttps({
        ...authority.issue("DNS:api.example.com"),
        ...options,
      });
      const tlsFile = writeTlsFile("old.json", { [receiver.url()]: { ca: "ca.pem" } });
      await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);

      expect(describeFinding(await sender.send(receiver.url()))).toBe("tls");
    },
  );

  test.each<[string, (socket: Socket) => void]>([
    ["answers in the clear", (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["closes inside the handshake", (socket) => void socket.end()],
    ["resets inside the handshake", (socket) => void socket.resetAndDestroy()],
    [
      "offers no certificate",
      (socket) => void new TLSSocket(socket, { isServer: true }).on("error", () => undefined),
    ],
  ])("a server that %s is a fault of TLS", async (_, play) => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("readable", () => play(socket));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await using sender = createSender({}, outside);

    expect(describeFinding(await sender.send(`https://api.example.com:${port}`))).toBe("tls");
    server.close();
  });

  test("a handshake that does not end is given up with the time to connect", async () => {
    const silent = createTcpServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await using sender = createSender({}, outside);

    const sent = await sender.send(`https://api.example.com:${port}`, { connectTimeoutMs: 150 });
    silent.close();

    expect(describeFinding(sent)).toBe("connect_timeout");
    expect(sent.finding).toMatchObject({ message: "the TLS handshake did not end within 150 ms" });
    expect(sent).toMatchObject({ connectMs: expect.any(Number), tlsMs: null });
  });

  test("a client certificate is shown to the destination that it is for", async () => {
    const server = authority.issue("DNS:api.example.com");
    await using receiver = await startHttps({
      ...server,
      // In 1.3 the handshake has ended for the client before the server looks at its certificate.
      maxVersion: "TLSv1.2",
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const client = authority.issue("DNS:client", { name: "postrider" });
    writeFileSync(join(authority.directory, "client.pem"), client.cert);
    writeFileSync(join(authority.directory, "client.key"), client.key);
    const withIt = writeTlsFile("mtls.json", {
      [receiver.url()]: { ca: "ca.pem", cert: "client.pem", key: "client.key" },
    });
    const without = writeTlsFile("plain.json", { [receiver.url()]: { ca: "ca.pem" } });
    await using known = createSender({ POSTRIDER_TLS_FILE: withIt }, outside);
    await using unknown = createSender({ POSTRIDER_TLS_FILE: without }, outside);

    expect(describeFinding(await known.send(receiver.url()))).toBe("200");
    expect(receiver.seen[0]?.client).toBe("postrider");
    expect(describeFinding(await unknown.send(receiver.url()))).toBe("tls");
    expect(receiver.seen).toHaveLength(1);
  });

  test("files that change are taken up without a restart, and a broken one leaves the old one standing", async () => {
    await using receiver = await startHttps(authority.issue("DNS:api.example.com"));
    const path = join(authority.directory, "changing.pem");
    writeFileSync(path, authority.issue("DNS:stranger").cert);
    const tlsFile = writeTlsFile("changing.json", { [receiver.url()]: { ca: "changing.pem" } });
    const warnings: string[] = [];
    await using sender = createSender(
      { POSTRIDER_TLS_FILE: tlsFile },
      { ...outside, warn: (line) => warnings.push(line) },
    );
    expect(describeFinding(await sender.send(receiver.url()))).toBe("certificate");

    writeFileSync(path, authority.ca);
    await sender.pools.tls.check();
    expect(describeFinding(await sender.send(receiver.url()))).toBe("200");

    writeFileSync(tlsFile, "{ half");
    await sender.pools.tls.check();
    await sender.pools.tls.check();
    receiver.server.closeAllConnections();
    await eventually(async () => expect(describeFinding(await sender.send(receiver.url()))).toBe("200"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/changing\.json.*old ones stand|old ones stand.*changing\.json/);
  });

  test("a file that was missing at a change is taken up when it comes", async () => {
    await using receiver = await startHttps(authority.issue("DNS:api.example.com"));
    writeFileSync(join(authority.directory, "stranger.pem"), authority.issue("DNS:stranger").cert);
    const tlsFile = writeTlsFile("late.json", { [receiver.url()]: { ca: "stranger.pem" } });
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);

    writeTlsFile("late.json", { [receiver.url()]: { ca: "late.pem" } });
    await sender.pools.tls.check();
    expect(describeFinding(await sender.send(receiver.url()))).toBe("certificate");

    writeFileSync(join(authority.directory, "late.pem"), authority.ca);
    await sender.pools.tls.check();
    expect(describeFinding(await sender.send(receiver.url()))).toBe("200");
  });

  test("a second connection resumes the session of the first", async () => {
    const options = { maxVersion: "TLSv1.2", minVersion: "TLSv1.2" } as const;
    await using receiver = await startHttps({ ...authority.issue("DNS:api.example.com"), ...options });
    const tlsFile = writeTlsFile("session.json", { [receiver.url()]: { ca: "ca.pem" } });
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, outside);
    await sender.send(receiver.url());

    await Promise.all([sender.send(receiver.url()), sender.send(receiver.url())]);

    expect(receiver.seen.some(({ reused }) => reused)).toBe(true);
  });

  test.each([
    [{ destinations: { "http://h": {} } }, /destinations\.http:\/\/h: is no origin|is no origin/],
    [{ destinations: { "https://h/": {} } }, /is no origin/],
    [{ destinations: { "https://h": { cert: "ca.pem" } } }, /cert and key belong together/],
    [{ destinations: { "https://h": { ca: "nowhere.pem" } } }, /https:\/\/h.*nowhere\.pem/],
    [{ destinations: { "https://h": { cert: "ca.pem", key: "ca.pem" } } }, /https:\/\/h/],
    [{ hosts: {} }, /destinations/],
  ])("a TLS file that holds %j is refused at the start", (content, message) => {
    const path = join(authority.directory, "refused.json");
    writeFileSync(path, JSON.stringify(content));

    expect(() => createSender({ POSTRIDER_TLS_FILE: path })).toThrow(message);
    expect(() => createSender({ POSTRIDER_TLS_FILE: join(authority.directory, "none.json") })).toThrow(
      /ENOENT/,
    );
  });

  test("nothing leaves in the clear on a secure connection", async () => {
    await using receiver = await startHttps(authority.issue("DNS:api.example.com"));
    const tlsFile = writeTlsFile("clear.json", { [receiver.url()]: { ca: "ca.pem" } });
    const written: string[] = [];
    const dial = (address: string, port: number) => {
      const socket = connect({ host: address, port });
      const write = socket.write.bind(socket);
      socket.write = ((chunk: Buffer | string, ...rest: never[]) => {
        written.push(String(chunk));
        return write(chunk, ...rest);
      }) as typeof socket.write;
      return socket;
    };
    await using sender = createSender({ POSTRIDER_TLS_FILE: tlsFile }, { ...outside, dial });

    expect(describeFinding(await sender.send(receiver.url(), { body: "a-planted-secret" }))).toBe("200");
    expect(written.join("")).not.toContain("planted");
  });
});
