import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toCandidates } from "./system.ts";
import { createSystemReader, parseSystemNames } from "./system-files.ts";

test("the hosts file gives names addresses in their standard spelling, and comments and nonsense give nothing", () => {
  const { hosts } = parseSystemNames(
    `
127.0.0.1	localhost   Me # me.example
0:0:0:0:0:0:0:1 localhost
fe80::1%lo0 localhost
# 192.0.2.1 commented
192.0.2.300 nonsense
192.0.2.7 two.example
192.0.2.8 two.example
`,
    "",
  );

  expect(Object.fromEntries(hosts)).toEqual({
    localhost: ["127.0.0.1", "::1"],
    me: ["127.0.0.1"],
    "two.example": ["192.0.2.7", "192.0.2.8"],
  });
});

test("resolv.conf gives servers, search domains and ndots, as a pod has them", () => {
  const pod = parseSystemNames(
    "",
    `; written by the kubelet
search shop.svc.cluster.local svc.cluster.local. cluster.local
nameserver 10.96.0.10
nameserver fd00::a # another
nameserver ns.example
options ndots:5 timeout:1
`,
  );

  expect(pod).toMatchObject({
    servers: ["10.96.0.10", "fd00::a"],
    search: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"],
    ndots: 5,
  });
  expect(parseSystemNames("", "search a.example\ndomain b.example")).toMatchObject({
    servers: [],
    search: ["b.example"],
    ndots: 1,
  });
  expect(parseSystemNames("", "options ndots:99").ndots).toBe(15);
});

test.each([
  ["hooks", 1, ["hooks.a.example", "hooks.b.example", "hooks"]],
  ["hooks.shop", 1, ["hooks.shop", "hooks.shop.a.example", "hooks.shop.b.example"]],
  ["hooks.shop", 5, ["hooks.shop.a.example", "hooks.shop.b.example", "hooks.shop"]],
  ["hooks", 0, ["hooks", "hooks.a.example", "hooks.b.example"]],
])("%s with ndots:%i is asked for as %j", (host, ndots, candidates) => {
  expect(toCandidates(host, { search: ["a.example", "b.example"], ndots })).toEqual(candidates);
});

describe("a file that cannot be read", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postrider-names-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("says what it said before, and one that is gone says nothing", async () => {
    const hosts = join(directory, "hosts");
    const clock = { now: 20_000 };
    const read = createSystemReader({ hosts, resolvConf: join(directory, "none") }, () => clock.now);
    await writeFile(hosts, "192.0.2.7 two.example\n");
    const before = await read();
    expect(before.hosts.get("two.example")).toEqual(["192.0.2.7"]);

    // A directory is opened and then not read: neither absent nor forbidden.
    await rm(hosts);
    await mkdir(hosts);
    clock.now += 10_000;
    expect(await read()).toBe(before);

    await rm(hosts, { recursive: true });
    clock.now += 10_000;
    expect((await read()).hosts.size).toBe(0);
  });
});
