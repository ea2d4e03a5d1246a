// IP addresses and networks as numbers, for the settings that name networks and for the guard that compares
// with them. Pure. Only the spellings of the standards are read: whatever else a resolver or a person may
// come up with is no address.

/** An address of 32 bits (family 4) or 128 bits (family 6). */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network in CIDR notation: all addresses that share the first `bits` bits of `base`. */
export interface Network extends Address {
  readonly bits: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/**
 * RFC 6943 section 3.1.1: four decimal numbers, without leading zeros, is the one form that everybody reads
 * alike.
 */
const DECIMAL_BYTE = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^[0-9a-f]{1,4}$/i;

/**
 * Reads an address as RFC 1123 (IPv4) and RFC 4291 section 2.2 (IPv6, without a zone) write it; null where it
 * is none.
 */
export function parseAddress(text: string): Address | null {
  if (!text.includes(":")) {
    const value = parseIpv4(text);
    return value === null ? null : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === null ? null : { family: 6, value };
}

/**
 * Reads `address/bits`, or an address alone as a network of one; null where it is neither, or has bits behind
 * the prefix.
 */
export function parseNetwork(text: string): Network | null {
  const [written = "", length, ...rest] = text.split("/");
  const address = parseAddress(written);
  if (address === null || rest.length > 0) return null;
  const width = WIDTH[address.family];
  if (length === undefined) return { ...address, bits: width };
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return null;
  const bits = Number(length);
  if (bits > width) return null;
  const network = { ...address, bits };
  const base = (address.value >> hostBits(network)) << hostBits(network);
  return base === address.value ? network : null;
}

/** Whether the address lies in the network. */
export function isInside({ family, value }: Address, network: Network): boolean {
  return family === network.family && value >> hostBits(network) === network.value >> hostBits(network);
}

function hostBits({ family, bits }: Network): bigint {
  return BigInt(WIDTH[family] - bits);
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!DECIMAL_BYTE.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head = "", tail] = halves;
  const first = parseGroups(head);
  const last = parseGroups(tail ?? "");
  if (first === null || last === null) return null;
  const missing = 8 - first.length - last.length;
  // `::` stands for one group of zeros at the least.
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  // An IPv4 address can only be the end.
  if (tail !== undefined && head.includes(".")) return null;
  const groups = [...first, ...new Array<bigint>(missing).fill(0n), ...last];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function parseGroups(text: string): bigint[] | null {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (HEX_GROUP.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const embedded = index === parts.length - 1 ? parseIpv4(part) : null;
    if (embedded === null) return null;
    groups.push(embedded >> 16n, embedded & 0xffffn);
  }
  return groups;
}
