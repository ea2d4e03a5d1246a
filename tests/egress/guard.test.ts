// The guard where it works: between a name, its addresses and the connection. The network is played: the
// resolver and the wires are the test's own, so that public addresses can be told from others without
// anything leaving this machine.

import { createResolve } from "@postrider/worker/send/resolve/resolve";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding, wireTo } from "../support/sender.ts";
import { startSystem } from "../support/system.ts";

const NOTHING_ALLOWED = { POSTRIDER_ALLOW_NETWORKS: "" };

/** A resolver that gives one answer after the other, and the last one for ever. */
function answers(...lists: readonly (readonly string[])[]) {
  let asked = 0;
  return async (): Promise<readonly string[]> => lists[Math.min(asked++, lists.length - 1)] ?? [];
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

describe("the connection goes to the address that was checked", () => {
  test("a public answer is connected to as it is, and the name stays in the request", async () => {
    await using receiver = await startReceiver();
    const wires = wireTo(portOf(receiver.url));
    await using sender = createSender(NOTHING_ALLOWED, {
      resolve: answers(["93.184.216.34"]),
      dial: wires.dial,
    });

    expect(describeFinding(await sender.send("http://api.example.com/x"))).toBe("200");

    expect(wires.dialed).toEqual(["93.184.216.34"]);
    expect(receiver.requests[0]?.headers["host"]).toBe("api.example.com");
  });

  test.each([
    ["a private address", ["10.0.0.1"], "private"],
    ["a public and a private address", ["93.184.216.34", "192.168.1.1"], "private"],
    ["a public IPv4 and a private IPv6 address", ["93.184.216.34", "fd00::1"], "unique_local"],
    ["a public IPv6 and a private IPv4 address", ["2606:4700::1111", "127.0.0.1"], "loopback"],
    ["a mapped address", ["::ffff:127.0.0.1"], "ipv4_mapped"],
    ["a metadata service", ["169.254.169.254"], "metadata"],
    ["no address in any standard spelling", ["0x7f.1"], "unreadable"],
  ])("a name with %s is refused whole, and nothing is connected to", async (_, addresses, verdict) => {
    const wires = wireTo(1);
    await using sender = createSender(NOTHING_ALLOWED, { resolve: answers(addresses), dial: wires.dial });

    expect(describeFinding(await sender.send("https://api.example.com/"))).toBe(
      `address_forbidden ${verdict}`,
    );
    expect(wires.dialed).toEqual([]);
  });

  test("a name that turns private between two attempts is refused at the second", async () => {
    await using receiver = await startReceiver(() => reply(200, { connection: "close" }));
    const wires = wireTo(portOf(receiver.url));
    const resolve = answers(["93.184.216.34"], ["127.0.0.1"]);
    await using sender = createSender(NOTHING_ALLOWED, { resolve, dial: wires.dial });

    expect(describeFinding(await sender.send("http://rebind.example/"))).toBe("200");
    expect(describeFinding(await sender.send("http://rebind.example/"))).toBe("address_forbidden loopback");
    expect(wires.dialed).toEqual(["93.184.216.34"]);
  });

  test("a name that flips between check and connect is asked once per connection", async () => {
    await using receiver = await startReceiver(() => reply(200, { connection: "close" }));
    let asked = 0;
    const resolve = async () => (++asked % 2 === 1 ? ["93.184.216.34"] : ["127.0.0.1"]);
    const wires = wireTo(portOf(receiver.url));
    await using sender = createSender(NOTHING_ALLOWED, { resolve, dial: wires.dial });

    const findings = [];
    for (let index = 0; index < 6; index++)
      findings.push(describeFinding(await sender.send("http://flip.example/")));

    expect(asked).toBe(6);
    expect(new Set(wires.dialed)).toEqual(new Set(["93.184.216.34"]));
    expect(findings).toEqual([
      "200",
      "address_forbidden loopback",
      "200",
      "address_forbidden loopback",
      "200",
      "address_forbidden loopback",
    ]);
  });

  test("a redirect goes through the guard like any request", async () => {
    await using receiver = await startReceiver(({ path }) =>
      path === "/a" ? reply(307, { location: "http://inside.example/b" }) : reply(200),
    );
    const wires = wireTo(portOf(receiver.url));
    const resolve = async (host: string) => [host === "inside.example" ? "10.0.0.1" : "93.184.216.34"];
    await using sender = createSender(NOTHING_ALLOWED, { resolve, dial: wires.dial });

    expect(describeFinding(await sender.send("http://api.example.com/a", { redirects: 3 }))).toBe(
      "address_forbidden private",
    );
    expect(wires.dialed).toEqual(["93.184.216.34"]);
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1:8080/",
  ])("the address %s needs no name to be refused", async (url) => {
    await using receiver = await startReceiver();
    const wires = wireTo(portOf(receiver.url));
    await using sender = createSender(NOTHING_ALLOWED, { dial: wires.dial });

    expect(describeFinding(await sender.send(url))).toMatch(
      /^address_forbidden (loopback|metadata|private)$/,
    );
    expect(wires.dialed).toEqual([]);
  });
});

describe("rules of actions", () => {
  test("an action's narrower rules hold although another action has a warm connection", async () => {
    await using receiver = await startReceiver();
    await using sender = createSender();

    expect(describeFinding(await sender.send(receiver.url))).toBe("200");
    expect(
      describeFinding(await sender.send(receiver.url, { egress: { denyNetworks: ["127.0.0.0/8"] } })),
    ).toBe("address_forbidden denied_network");
    expect(describeFinding(await sender.send(receiver.url, { egress: { httpsOnly: true } }))).toBe(
      "address_forbidden https_only",
    );
    expect(
      describeFinding(await sender.send(receiver.url, { egress: { allowHosts: ["*.example.com"] } })),
    ).toBe("address_forbidden host_not_allowed");
    expect(
      describeFinding(await sender.send(receiver.url, { egress: { allowNetworks: ["10.0.0.0/8"] } })),
    ).toBe("address_forbidden loopback");
    expect(receiver.requests).toHaveLength(1);
  });
});

describe("own ports", () => {
  test("Redis, metrics and the proxy are not reached even where their network is allowed", async () => {
    await using receiver = await startReceiver();
    const port = portOf(receiver.url);
    const findings = [];
    for (const environment of [
      { POSTRIDER_REDIS_URL: `redis://127.0.0.1:${port}` },
      { POSTRIDER_REDIS_URL: `redis://some-name:${port}` },
      { POSTRIDER_REDIS_URL: `redis+sentinel://elsewhere:26379,127.0.0.1:${port}/name` },
      { POSTRIDER_METRICS_PORT: String(port) },
      { POSTRIDER_EGRESS_PROXY: `http://127.0.0.1:${port}` },
    ]) {
      await using sender = createSender(environment);
      findings.push(describeFinding(await sender.send(receiver.url)));
    }
    await using sender = createSender();
    sender.pools.protect(port);
    findings.push(describeFinding(await sender.send(receiver.url)));

    expect(findings).toEqual(new Array(6).fill("address_forbidden own_port"));
    expect(receiver.requests).toHaveLength(0);
  });
});

test("a delivery that is refused fails at once, unsent, with the verdict in its dead letter, and is counted by its reason", async () => {
  await using system = await startSystem();
  const worker = await system.startWorker({ POSTRIDER_ALLOW_NETWORKS: "10.0.0.0/8" });
  await system.apply();

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({
      outcome: "failed",
      reason: "address_forbidden",
      attempts: 1,
    }),
  );
  await eventually(async () => expect((await system.producer.deadLetters.list({ limit: 1 })).total).toBe(1));

  const shown = await system.producer.deadLetters.show(id);
  expect(shown.history).toMatchObject([{ finding: { problems: [{ field: "url", code: "loopback" }] } }]);
  const metrics = await (await fetch(`http://127.0.0.1:${worker.metricsPort}/metrics`)).text();
  expect(metrics).toMatch(
    /postrider_deliveries_total\{lane="transactional",outcome="failed",reason="address_forbidden"\} 1/,
  );
  expect(system.receiver.requests).toHaveLength(0);
});

test("a worker's own metrics port cannot be reached by a delivery", async () => {
  await using system = await startSystem();
  const worker = await system.startWorker();
  await system.apply({ url: `http://127.0.0.1:${worker.metricsPort}/metrics`, method: "GET" });

  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });

  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({
      outcome: "failed",
      reason: "address_forbidden",
    }),
  );
});

describe("timings", () => {
  test("each phase of a new connection is told, and none on a warm one", async () => {
    await using receiver = await startReceiver();
    await using sender = createSender();
    const url = receiver.url.replace("127.0.0.1", "localhost");
    const resolve = createResolve(async () => [{ address: "127.0.0.1", ttlMs: null }], Date.now);
    await using named = createSender({}, { resolve });

    expect(await named.send(url)).toMatchObject({
      dnsMs: expect.any(Number),
      connectMs: expect.any(Number),
      tlsMs: null,
    });
    // A connection can be used again a moment after its answer has ended.
    await eventually(async () =>
      expect(await named.send(url)).toMatchObject({ dnsMs: null, connectMs: null, tlsMs: null }),
    );
    expect(await sender.send(receiver.url)).toMatchObject({ dnsMs: null, connectMs: expect.any(Number) });
  });

  test("of a connection that was not made, the phases that were reached are told", async () => {
    await using sender = createSender({}, { resolve: answers(["10.0.0.1"]) });

    expect(await sender.send("http://a.example/")).toMatchObject({
      dnsMs: expect.any(Number),
      connectMs: null,
    });
  });
});
