// The IPv4 addresses that an IPv6 address carries: a translator, a tunnel or the kernel would connect to
// those. What is refused of IPv4 is refused in every one of these dresses. Pure.

import {
  IPV4_COMPATIBLE,
  IPV4_MAPPED,
  IPV4_TRANSLATED,
  NAT64,
  NAT64_LOCAL,
  SIX_TO_FOUR,
  TEREDO,
} from "@postrider/shared/address-ranges";
import { type Address, isInside, type Network } from "@postrider/shared/network";

type Read = (value: bigint) => bigint;

const WORD = 0xffff_ffffn;

const readLast: Read = (value) => value & WORD;

/**
 * RFC 6052 section 2.2: the byte of the bits 64 to 71 stands for nothing, and is stepped over by what is in
 * its way.
 */
const readAround =
  (prefixBits: 48n | 56n): Read =>
  (value) => {
    const behind = 8n * ((prefixBits - 32n) / 8n);
    const front = (value >> 64n) & ((1n << (64n - prefixBits)) - 1n);
    const back = (value >> (56n - behind)) & ((1n << behind) - 1n);
    return (front << behind) | back;
  };

/** A network may carry at several places: whose prefix is how long is known to its operator alone. */
const CARRIERS: readonly (readonly [network: Network, ...Read[]])[] = [
  [IPV4_COMPATIBLE, readLast],
  [IPV4_MAPPED, readLast],
  [IPV4_TRANSLATED, readLast],
  [NAT64, readLast],
  [NAT64_LOCAL, readLast, readAround(48n), readAround(56n), (value) => (value >> 24n) & WORD],
  [SIX_TO_FOUR, (value) => (value >> 80n) & WORD],
  // RFC 4380 section 4: the client's address, each bit turned over.
  [TEREDO, (value) => ~value & WORD],
];

/**
 * Every IPv4 address that stands inside; none in an IPv4 address, nor in `::` and `::1`, which are addresses
 * in their own right.
 */
export function carriedIn(address: Address): readonly Address[] {
  if (address.family === 4 || address.value <= 1n) return [];
  const reads = CARRIERS.filter(([network]) => isInside(address, network)).flatMap(([, ...read]) => read);
  if (isIsatap(address)) reads.push(readLast);
  return reads.map((read) => ({ family: 4, value: read(address.value) }));
}

/** RFC 5214 section 6.1: an interface identifier of 0:5efe or 200:5efe and an IPv4 address. */
export function isIsatap({ family, value }: Address): boolean {
  const marker = (value >> 32n) & WORD;
  return family === 6 && (marker === 0x0000_5efen || marker === 0x0200_5efen);
}
