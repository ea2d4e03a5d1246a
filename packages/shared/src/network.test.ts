import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isInside, parseAddress, parseNetwork } from "./network.ts";

test.each([
  ["0.0.0.0", 0n],
  ["127.0.0.1", 0x7f000001n],
  ["255.255.255.255", 0xffffffffn],
  ["::", 0n],
  ["::1", 1n],
  ["1::", 1n << 112n],
  ["::ffff:1.2.3.4", 0xffff01020304n],
  ["64:ff9b::7f00:1", (0x64n << 112n) | (0xff9bn << 96n) | 0x7f000001n],
  ["1:2:3:4:5:6:7:8", 0x00010002000300040005000600070008n],
  ["1:2:3:4:5:6:7::", 0x00010002000300040005000600070000n],
])("%s reads as the number that it is", (text, value) => {
  expect(parseAddress(text)?.value).toBe(value);
});

test.each([
  "",
  "1",
  "127.1",
  "127.0.0.01",
  "0x7f.0.0.1",
  "256.0.0.1",
  "1.2.3.4.5",
  "1.2.3.4 ",
  "١٢٧.0.0.1",
  ":",
  ":::",
  "1::2::3",
  "::1%eth0",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "1.2.3.4::",
  "::1.2.3.4:5",
  "::12345",
  "[::1]",
])("%j is no address", (text) => {
  expect(parseAddress(text)).toBeNull();
});

test.each([
  "10.0.0.0/33",
  "10.0.0.1/8",
  "10.0.0.0/08",
  "10.0.0.0/-1",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "fd00::1/8",
  "x/8",
])("%j is no network", (text) => {
  expect(parseNetwork(text)).toBeNull();
});

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

test("whatever Node takes for an address is read, and nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/)), (text) => {
      expect(parseAddress(text) === null).toBe(isIP(text) === 0);
    }),
    { numRuns: 2_000 },
  );
});

test("what lies in a network is what Node's own block list says", () => {
  const samples = fc.oneof(
    fc.tuple(ipv4, fc.integer({ min: 0, max: 32 }), ipv4, fc.constant("ipv4" as const)),
    fc.tuple(ipv6, fc.integer({ min: 0, max: 128 }), ipv6, fc.constant("ipv6" as const)),
  );
  fc.assert(
    fc.property(samples, ([base, bits, other, family]) => {
      const list = new BlockList();
      list.addSubnet(base, bits, family);
      const address = parseAddress(base);
      if (address === null) throw new Error(base);
      for (const text of [base, other]) {
        const tried = parseAddress(text);
        expect(tried !== null && isInside(tried, { ...address, bits })).toBe(list.check(text, family));
      }
    }),
    { numRuns: 2_000 },
  );
});
