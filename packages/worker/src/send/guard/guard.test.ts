// The guard as tables: every special-purpose range, every way to carry an IPv4 address, every rule.

import { parseAddress } from "@postrider/shared/network";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AddressVerdict,
  checkAddresses,
  checkDestination,
  classifyAddress,
  type Destination,
  type Levels,
  toBaseRules,
  toRules,
} from "./guard.ts";

const byDefault: Levels = [toBaseRules({ allowNetworks: [], denyNetworks: [] })];
const nobodys = { isOurs: () => false };

function verdictOf(address: string, levels = byDefault): string {
  return classifyAddress(address, levels).verdict;
}

/** First and last address of each range, and what stands beside it where that is public. */
const RANGES: readonly (readonly [AddressVerdict, ...string[]])[] = [
  ["this_network", "0.0.0.0", "0.255.255.255", "::"],
  ["private", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
  ["shared", "100.64.0.0", "100.127.255.255"],
  ["loopback", "127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"],
  ["link_local", "169.254.0.0", "169.254.255.255", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  [
    "protocol_assignment",
    "192.0.0.0",
    "192.0.0.255",
    "2001:1::1",
    "2001:3::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::",
  ],
  [
    "documentation",
    "192.0.2.0",
    "192.0.2.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
  ],
  [
    "documentation",
    "2001:db8::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::",
    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
  ],
  ["relay_anycast", "192.88.99.0", "192.88.99.255"],
  ["benchmarking", "198.18.0.0", "198.19.255.255", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"],
  [
    "multicast",
    "224.0.0.0",
    "239.255.255.255",
    "ff00::",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  ],
  ["reserved", "240.0.0.0", "255.255.255.254", "255.255.255.255"],
  ["ipv4_compatible", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:ffff"],
  [
    "ipv4_mapped",
    "::ffff:0.0.0.0",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "::ffff:ffff:ffff",
  ],
  ["ipv4_translated", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"],
  ["nat64", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::192.168.0.1", "64:ff9b::0.0.0.0"],
  ["nat64_local", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:8.8.8.8"],
  ["discard", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::"],
  ["teredo", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["six_to_four", "2002::", "2002:7f00:1::", "2002:808:808::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["isatap", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:10.0.0.1"],
  ["segment_routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["unique_local", "fc00::", "fd00::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["site_local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["unallocated", "1::", "4000::", "1fff::", "64:ff9b:2::", "fe00::1", "200::1", "::1:0:0:0:0"],
  [
    "metadata",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
  ],
  [
    "metadata",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "64:ff9b::169.254.169.254",
    "fe80::a9fe:a9fe",
  ],
  ["unreadable", "", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::1%lo", "example.com"],
];

/** Globally reachable, and the neighbours of what is not. */
const PUBLIC = [
  ["1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"],
  [
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
  ],
  ["192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"],
  [
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "8.8.8.8",
    "93.184.216.34",
  ],
  ["192.31.196.1", "192.52.193.1", "192.175.48.1", "168.63.129.15"],
  [
    "2001:200::",
    "2001:db7:ffff::",
    "2001:db9::",
    "2003::",
    "2606:4700::1111",
    "2620:4f:8000::1",
    "3ffe::",
    "3fff:1000::",
  ],
  ["2000::", "64:ff9b::8.8.8.8", "64:ff9b::93.184.216.34"],
].flat();

describe("special addresses are refused, each by its name", () => {
  test.each(
    RANGES.flatMap(([verdict, ...addresses]) => addresses.map((address) => [address, verdict] as const)),
  )("%s is %s", (address, verdict) => {
    expect(classifyAddress(address, byDefault)).toMatchObject({ verdict, isAllowed: false });
  });
});

test.each(PUBLIC)("%s is public", (address) => {
  expect(classifyAddress(address, byDefault)).toEqual({ verdict: "public", isAllowed: true, name: "" });
});

/** Every way to carry an IPv4 address in an IPv6 address. */
function carriersOf(value: number): string[] {
  const hex = (part: number): string => (part >>> 0).toString(16);
  const [high, low] = [hex(value >>> 16), hex(value & 0xffff)];
  const [notHigh, notLow] = [hex(~value >>> 16), hex(~value & 0xffff)];
  const [first, second, third, fourth] = [24, 16, 8, 0].map((bits) =>
    ((value >>> bits) & 0xff).toString(16).padStart(2, "0"),
  );
  return [
    `::ffff:${high}:${low}`,
    `::${high}:${low}`,
    `::ffff:0:${high}:${low}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1:abcd::${high}:${low}`,
    `64:ff9b:1:${high}:${third}:${fourth}00::`,
    `64:ff9b:1:ab${first}:${second}:${third}${fourth}::`,
    `64:ff9b:1:abcd:${first}:${second}${third}:${fourth}00:0`,
    `2002:${high}:${low}::1`,
    `2001:0:4136:e378:8000:63bf:${notHigh}:${notLow}`,
    `2606:4700::5efe:${high}:${low}`,
    `fe80::200:5efe:${high}:${low}`,
    `fd00::5efe:${high}:${low}`,
  ];
}

const everything = { allowNetworks: ["0.0.0.0/0", "::/0"] };

test("what carries an address is never public, but for NAT64, which is as public as what it carries", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      for (const carrier of carriersOf(Number(parseAddress(address)?.value))) {
        const isPublic = carrier.startsWith("64:ff9b::") && verdictOf(address) === "public";
        expect(verdictOf(carrier) === "public", carrier).toBe(isPublic);
      }
    }),
    { numRuns: 500 },
  );
});

describe("whatever is allowed", () => {
  test("a denied IPv4 address is denied in everything that carries it, and another one is not", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (denied, other) => {
        const levels: Levels = [toBaseRules({ ...everything, denyNetworks: [`${denied}/32`] })];
        const [value, otherValue] = [denied, other].map((text) => Number(parseAddress(text)?.value));
        // `::` and `::1` are addresses in their own right.
        fc.pre(value !== undefined && otherValue !== undefined && value > 1);
        for (const carrier of carriersOf(value))
          expect(verdictOf(carrier, levels), carrier).toBe("denied_network");
        expect(verdictOf(`::ffff:${other}`, levels) === "denied_network").toBe(value === otherValue);
      }),
      { numRuns: 500 },
    );
  });

  test.each(
    ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"].flatMap(
      (address) =>
        carriersOf(Number(parseAddress(address)?.value)).map((carrier) => [carrier, address] as const),
    ),
  )("%s, which carries %s, is metadata", (carrier) => {
    expect(verdictOf(carrier, [toBaseRules(everything)])).toBe("metadata");
  });

  test("::1 is no spelling of 0.0.0.1", () => {
    expect(verdictOf("::1", [toBaseRules({ ...everything, denyNetworks: ["0.0.0.0/8"] })])).toBe(
      "allowed_network",
    );
  });
});

describe("rules", () => {
  const loopback: Levels = [toBaseRules({ allowNetworks: ["127.0.0.0/8", "::1/128"], denyNetworks: [] })];

  test("an allowed network may be reached though it is not public, and no spelling of it in another one", () => {
    expect(classifyAddress("127.0.0.1", loopback)).toMatchObject({
      verdict: "allowed_network",
      isAllowed: true,
    });
    expect(classifyAddress("::1", loopback).isAllowed).toBe(true);
    for (const address of ["10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::"])
      expect(classifyAddress(address, loopback).isAllowed, address).toBe(false);
  });

  test("metadata services stay refused in an allowed network, and a denied network beats an allowed one", () => {
    const everything = toBaseRules({
      allowNetworks: ["0.0.0.0/0", "::/0"],
      denyNetworks: ["10.1.0.0/16", "8.8.8.0/24"],
    });

    expect(verdictOf("10.0.0.1", [everything])).toBe("allowed_network");
    expect(verdictOf("169.254.169.254", [everything])).toBe("metadata");
    expect(verdictOf("10.1.2.3", [everything])).toBe("denied_network");
    expect(verdictOf("8.8.8.8", [everything])).toBe("denied_network");
    expect(verdictOf("64:ff9b::8.8.8.8", [everything])).toBe("denied_network");
  });

  test("an action's rules narrow the settings' and never widen them", () => {
    const settings = toBaseRules({ allowNetworks: ["10.0.0.0/8"], denyNetworks: [] });
    const wide = toRules({ allowNetworks: ["0.0.0.0/0"] });
    const narrow = toRules({ allowNetworks: ["10.5.0.0/16"], denyNetworks: ["8.0.0.0/8"] });
    const silent = toRules({});

    expect(verdictOf("192.168.0.1", [settings, wide])).toBe("private");
    expect(verdictOf("10.5.0.1", [settings, narrow])).toBe("allowed_network");
    expect(verdictOf("10.6.0.1", [settings, narrow])).toBe("private");
    expect(verdictOf("8.8.8.8", [settings, narrow])).toBe("denied_network");
    expect(verdictOf("10.6.0.1", [settings, silent])).toBe("allowed_network");
  });

  test("settings that name no networks at all do not open them", () => {
    // @ts-expect-error: the list is required, and its absence no permission.
    expect(() => toBaseRules({ denyNetworks: [] })).toThrow();
  });

  test("one refused address refuses all of a name's", () => {
    const destination = { host: "mixed.example", port: 443 };

    expect(checkAddresses(destination, ["93.184.216.34", "2606:4700::1111"], byDefault, nobodys)).toBeNull();
    expect(checkAddresses(destination, ["93.184.216.34", "10.0.0.1"], byDefault, nobodys)?.verdict).toBe(
      "private",
    );
    expect(checkAddresses(destination, ["93.184.216.34", "::1"], byDefault, nobodys)?.verdict).toBe(
      "loopback",
    );
  });

  test("a refusal tells the range, and not the address that a name has in here", () => {
    const refusal = checkAddresses({ host: "db.internal", port: 443 }, ["10.11.12.13"], byDefault, nobodys);

    expect(refusal?.message).toMatch(
      /db\.internal.*private: 10\.0\.0\.0\/8, RFC 1918.*POSTRIDER_ALLOW_NETWORKS/,
    );
    expect(refusal?.message).not.toContain("10.11.12.13");
  });

  test("Postrider's own ports are refused first of all", () => {
    const own = { isOurs: (_: string, __: string, port: number) => port === 9464 };

    expect(checkAddresses({ host: "h", port: 9464 }, ["127.0.0.1"], loopback, own)?.verdict).toBe("own_port");
    expect(checkAddresses({ host: "h", port: 9465 }, ["127.0.0.1"], loopback, own)).toBeNull();
  });
});

describe("destinations", () => {
  const https = (host: string, port = 443): Destination => ({ scheme: "https", host, port });

  test.each([
    [{ scheme: "http", host: "example.com", port: 80 }, { httpsOnly: true }, "https_only"],
    [https("example.com"), { httpsOnly: true }, undefined],
    [https("metadata.google.internal"), {}, "metadata"],
    [https("x.metadata.goog"), {}, "metadata"],
    [https("instance-data"), {}, "metadata"],
    [https("api.example.com"), { allowHosts: ["*.example.com"] }, undefined],
    [https("example.com"), { allowHosts: ["*.example.com"] }, "host_not_allowed"],
    [https("evil-example.com"), { allowHosts: ["*.example.com", "example.com"] }, "host_not_allowed"],
    [https("example.com.evil.net"), { allowHosts: ["example.com"] }, "host_not_allowed"],
    [https("example.com", 8443), { allowPorts: ["443", "8000-8999"] }, undefined],
    [https("example.com", 9000), { allowPorts: ["443", "8000-8999"] }, "port_not_allowed"],
    [https("example.com", 6379), { allowPorts: ["6379"] }, undefined],
    ...[0, 22, 25, 53, 110, 143, 445, 465, 587, 993, 3306, 5432, 6379, 6667, 9092, 11_211, 27_017].map(
      (port) => [https("example.com", port), {}, "port_blocked"] as const,
    ),
    ...[80, 443, 8080, 8443, 3000, 9000, 65_535].map(
      (port) => [https("example.com", port), {}, undefined] as const,
    ),
  ] as const)("%j under %j is %s", (destination, rules, verdict) => {
    expect(checkDestination(destination, [toRules({ allowNetworks: [], ...rules })])?.verdict).toBe(verdict);
  });

  test("every level of rules must agree", () => {
    const settings = toRules({ allowHosts: ["*.example.com"], allowPorts: ["443"] });
    const action = toRules({ allowHosts: ["a.example.com"], allowPorts: ["1-65535"] });

    expect(checkDestination(https("a.example.com"), [settings, action])).toBeNull();
    expect(checkDestination(https("b.example.com"), [settings, action])?.verdict).toBe("host_not_allowed");
    expect(checkDestination(https("a.example.com", 8443), [settings, action])?.verdict).toBe(
      "port_not_allowed",
    );
  });
});
