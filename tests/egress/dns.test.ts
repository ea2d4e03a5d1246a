// POSTRIDER_DNS_SERVERS with a real name server: asked instead of the system, both families, as often as its
// answers say.

import { expect, test } from "vitest";
import { startNameServer } from "../support/dns-server.ts";
import { eventually } from "../support/eventually.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding, wireTo } from "../support/sender.ts";

const PUBLIC_ONLY = { POSTRIDER_ALLOW_NETWORKS: "" };

test("names are asked for there, in both families, and kept as long as the answer says", async () => {
  await using receiver = await startReceiver(() => reply(200, { connection: "close" }));
  await using names = await startNameServer(() => ["2606:4700::1111", "93.184.216.34"]);
  const wires = wireTo(Number(new URL(receiver.url).port));
  await using sender = createSender(
    { ...PUBLIC_ONLY, POSTRIDER_DNS_SERVERS: names.place },
    { dial: wires.dial },
  );

  for (let index = 0; index < 3; index++)
    expect(describeFinding(await sender.send("http://api.example.com/"))).toBe("200");

  expect(names.asked.sort()).toEqual(["api.example.com A", "api.example.com AAAA"]);
  // The other family is tried as well where a connection takes a quarter of a second, as it may on a slow
  // machine.
  expect(wires.dialed.filter((address) => address === "2606:4700::1111")).toHaveLength(3);
  expect(wires.dialed[0]).toBe("2606:4700::1111");
});

test("a name that turns private when its answer has run out is refused then", async () => {
  await using receiver = await startReceiver(() => reply(200, { connection: "close" }));
  await using names = await startNameServer((_, nth) => (nth === 1 ? ["93.184.216.34"] : ["127.0.0.1"]), 0);
  const wires = wireTo(Number(new URL(receiver.url).port));
  await using sender = createSender(
    { ...PUBLIC_ONLY, POSTRIDER_DNS_SERVERS: names.place },
    { dial: wires.dial },
  );

  const findings = new Set<string>();
  await eventually(async () => {
    findings.add(describeFinding(await sender.send("http://rebind.example/")));
    expect(findings.size).toBe(2);
  });

  expect([...findings]).toEqual(["200", "address_forbidden loopback"]);
  expect(new Set(wires.dialed)).toEqual(new Set(["93.184.216.34"]));
});

test("one private address in the other family refuses the name", async () => {
  await using names = await startNameServer(() => ["fd00::1", "93.184.216.34"]);
  await using sender = createSender({ ...PUBLIC_ONLY, POSTRIDER_DNS_SERVERS: names.place });

  expect(describeFinding(await sender.send("http://mixed.example/"))).toBe("address_forbidden unique_local");
});

test("no such name, and a server that says nothing, are faults of DNS", async () => {
  await using names = await startNameServer((name) => (name === "none.example" ? null : "silence"));
  await using sender = createSender({ POSTRIDER_DNS_SERVERS: names.place });

  expect(describeFinding(await sender.send("http://none.example/"))).toBe("dns");
  const sent = await sender.send("http://silent.example/", { connectTimeoutMs: 200 });
  expect(sent.finding).toMatchObject({ code: "dns", message: "the name was not resolved within 200 ms" });
});

test("a name server that is not there is this machine's trouble: it says nothing about the destination", async () => {
  const names = await startNameServer(() => null);
  const { place } = names;
  await names[Symbol.asyncDispose]();
  await using sender = createSender({ POSTRIDER_DNS_SERVERS: place });

  const { finding } = await sender.send("http://api.example.com/");
  expect(finding).toMatchObject({ code: "local", message: expect.stringContaining("no name server") });
});

test("the system's own way knows the names of this machine, and they are refused", async () => {
  await using sender = createSender(PUBLIC_ONLY);

  expect(describeFinding(await sender.send("http://localhost/"))).toBe("address_forbidden loopback");
  expect(describeFinding(await sender.send("http://no-such-name.invalid/"))).toBe("dns");
});
