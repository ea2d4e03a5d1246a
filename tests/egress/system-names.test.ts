// Names as the machine is set up to find them: files of resolv.conf(5)'s kind and a real name server, which
// may say nothing.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createResolve, type Resolve } from "@postrider/worker/send/resolve/resolve";
import { createAskSystem } from "@postrider/worker/send/resolve/system";
import { expect, test } from "vitest";
import { type NameServer, startNameServer } from "../support/dns-server.ts";
import { eventually } from "../support/eventually.ts";
import { startReceiver } from "../support/receiver.ts";
import { createSender, describeFinding } from "../support/sender.ts";

interface Machine extends AsyncDisposable {
  readonly resolve: Resolve;
  rewrite(hosts: string): Promise<void>;
}

/** A machine whose files say this; its clock stands where the test puts it. */
async function setUp(
  { place }: NameServer,
  { hosts = "", options = "" } = {},
  now: () => number = Date.now,
): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "postrider-names-"));
  const paths = { hosts: join(folder, "hosts"), resolvConf: join(folder, "resolv.conf") };
  await writeFile(paths.hosts, hosts);
  await writeFile(paths.resolvConf, `nameserver ${place}\n${options}\n`);
  return {
    resolve: createResolve(createAskSystem(paths, now), now),
    rewrite: (text) => writeFile(paths.hosts, text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("two hundred names whose server says nothing hold up no other name", async () => {
  await using names = await startNameServer((name) => (name.endsWith(".dead") ? "silence" : ["127.0.0.1"]));
  await using machine = await setUp(names);
  await using receiver = await startReceiver();
  await using sender = createSender({}, { resolve: machine.resolve });
  const { port } = new URL(receiver.url);

  let order: string[] = [];
  const ask = async (host: string): Promise<void> => {
    const sent = await sender.send(`http://${host}:${port}/`, {
      connectTimeoutMs: 30_000,
      timeoutMs: 30_000,
    });
    order.push(`${host.replace(/\d+/, "")} ${describeFinding(sent)}`);
  };
  let round = 0;
  // The silent ones are given up after three seconds, which a machine with other work may need for two
  // hundred questions: not each time.
  await eventually(async () => {
    round += 1;
    order = [];
    const waiting: Promise<void>[] = [];
    for (let index = 0; index < 200; index++) {
      waiting.push(ask(`n${round}${index}.dead`));
      // The server is in this process: what is sent without a pause between would overflow its socket.
      await new Promise(setImmediate);
    }
    await ask(`alive${round}.example`);
    const first = [...order];
    await Promise.all(waiting);
    expect(first).toEqual(["alive.example 200"]);
    expect(new Set(order.slice(1))).toEqual(new Set(["n.dead dns"]));
  });
});

test("the hosts file comes first, in standard spelling, and is read again when it changes", async () => {
  let now = 0;
  await using names = await startNameServer(() => ["192.0.2.9"]);
  await using machine = await setUp(names, { hosts: "192.0.2.1 hooks.example" }, () => now);

  expect(await machine.resolve("hooks.example")).toEqual(["192.0.2.1"]);
  await machine.rewrite("192.0.2.2 hooks.example");
  now = 10_000;
  expect(await machine.resolve("hooks.example")).toEqual(["192.0.2.2"]);
  await machine.rewrite("");
  now = 20_000;
  expect(await machine.resolve("hooks.example")).toEqual(["192.0.2.9"]);
  expect(await machine.resolve("any.localhost")).toEqual(["127.0.0.1", "::1"]);
  expect(names.asked.filter((entry) => entry.includes("localhost"))).toEqual([]);
});

test("a service's short name is found in the search domains, and a public one after them", async () => {
  const zone: Record<string, string[]> = {
    "hooks.shop.svc.cluster.local": ["10.0.0.7"],
    "api.example.com": ["192.0.2.1"],
  };
  await using names = await startNameServer((name) => zone[name] ?? null);
  await using machine = await setUp(names, {
    options: "search shop.svc.cluster.local svc.cluster.local\noptions ndots:5",
  });

  expect(await machine.resolve("hooks")).toEqual(["10.0.0.7"]);
  expect(await machine.resolve("hooks.shop")).toEqual(["10.0.0.7"]);
  expect(await machine.resolve("api.example.com")).toEqual(["192.0.2.1"]);
  await expect(machine.resolve("none.example")).rejects.toMatchObject({
    code: "POSTRIDER_DNS",
    message: "none.example could not be resolved (ENOTFOUND)",
  });
});
