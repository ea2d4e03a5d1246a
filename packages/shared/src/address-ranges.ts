// The address ranges that are not somebody's public server, by name. Sources: IANA's registries of
// special-purpose addresses (https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry, the rows whose column "Globally Reachable" is not True), of multicast
// addresses, and of the IPv6 address space. Pure data.

import { type Network, parseNetwork } from "./network.ts";

/** Why an address is not reached. */
export type RangeVerdict =
  | "this_network"
  | "loopback"
  | "private"
  | "shared"
  | "link_local"
  | "protocol_assignment"
  | "documentation"
  | "relay_anycast"
  | "benchmarking"
  | "multicast"
  | "reserved"
  | "ipv4_mapped"
  | "ipv4_compatible"
  | "ipv4_translated"
  | "nat64_local"
  | "discard"
  | "teredo"
  | "six_to_four"
  | "segment_routing"
  | "unique_local"
  | "site_local"
  | "unallocated";

export interface Range {
  readonly network: Network;
  readonly verdict: RangeVerdict;
  /** As a person looks it up. */
  readonly name: string;
}

/**
 * In order: the first range that holds an address names it. The rows "IETF Protocol Assignments" are refused
 * whole: the few addresses in them that are globally reachable are anycast services for machines (PCP, TURN,
 * AMT), not somebody's API.
 */
const TABLE: readonly (readonly [network: string, verdict: RangeVerdict, source: string])[] = [
  ["0.0.0.0/8", "this_network", "RFC 791"],
  ["10.0.0.0/8", "private", "RFC 1918"],
  ["100.64.0.0/10", "shared", "RFC 6598"],
  ["127.0.0.0/8", "loopback", "RFC 1122"],
  ["169.254.0.0/16", "link_local", "RFC 3927"],
  ["172.16.0.0/12", "private", "RFC 1918"],
  ["192.0.0.0/24", "protocol_assignment", "RFC 6890"],
  ["192.0.2.0/24", "documentation", "RFC 5737"],
  ["192.88.99.0/24", "relay_anycast", "RFC 7526"],
  ["192.168.0.0/16", "private", "RFC 1918"],
  ["198.18.0.0/15", "benchmarking", "RFC 2544"],
  ["198.51.100.0/24", "documentation", "RFC 5737"],
  ["203.0.113.0/24", "documentation", "RFC 5737"],
  ["224.0.0.0/4", "multicast", "RFC 5771"],
  ["240.0.0.0/4", "reserved", "RFC 1112"],

  ["::/128", "this_network", "RFC 4291"],
  ["::1/128", "loopback", "RFC 4291"],
  ["::/96", "ipv4_compatible", "RFC 4291"],
  ["::ffff:0:0/96", "ipv4_mapped", "RFC 4291"],
  ["::ffff:0:0:0/96", "ipv4_translated", "RFC 2765"],
  ["64:ff9b:1::/48", "nat64_local", "RFC 8215"],
  ["100::/64", "discard", "RFC 6666"],
  ["100:0:0:1::/64", "discard", "RFC 9780"],
  ["2001::/32", "teredo", "RFC 4380"],
  ["2001:2::/48", "benchmarking", "RFC 5180"],
  ["2001::/23", "protocol_assignment", "RFC 2928"],
  ["2001:db8::/32", "documentation", "RFC 3849"],
  ["2002::/16", "six_to_four", "RFC 3056"],
  ["3fff::/20", "documentation", "RFC 9637"],
  ["5f00::/16", "segment_routing", "RFC 9602"],
  ["fc00::/7", "unique_local", "RFC 4193"],
  ["fe80::/10", "link_local", "RFC 4291"],
  ["fec0::/10", "site_local", "RFC 3879"],
  ["ff00::/8", "multicast", "RFC 4291"],
];

export const RANGES: readonly Range[] = TABLE.map(([text, verdict, source]) => ({
  network: toNetwork(text),
  verdict,
  name: `${text}, ${source}`,
}));

/** All that IANA has given out for public IPv6 unicast so far (RFC 3513 section 4 reserves the rest). */
export const GLOBAL_UNICAST_IPV6 = toNetwork("2000::/3");

/** RFC 6052: the last 32 bits are the IPv4 address that a translator reaches; as public as that is. */
export const NAT64 = toNetwork("64:ff9b::/96");

/** The other networks that carry IPv4 addresses, in the rows of the table that refuse them whole. */
export const IPV4_COMPATIBLE = toNetwork("::/96");
export const IPV4_MAPPED = toNetwork("::ffff:0:0/96");
export const IPV4_TRANSLATED = toNetwork("::ffff:0:0:0/96");
export const NAT64_LOCAL = toNetwork("64:ff9b:1::/48");
export const TEREDO = toNetwork("2001::/32");
export const SIX_TO_FOUR = toNetwork("2002::/16");

/**
 * Where clouds hand credentials to whoever asks from inside. Some lie in ranges that operators open for other
 * reasons, and one looks public, so they are refused whatever is allowed.
 */
export const METADATA_NETWORKS: readonly Network[] = [
  // AWS, Azure, Google, DigitalOcean, Hetzner, Oracle, OpenStack and most others; AWS ECS and EKS credentials
  // lie beside it.
  "169.254.169.254/32",
  "169.254.170.0/24",
  "169.254.169.253/32",
  "169.254.169.123/32",
  "fd00:ec2::/32",
  // Google over IPv6, Oracle and OpenStack over IPv6 (link-local), Scaleway.
  "fd20:ce::254/128",
  "fe80::a9fe:a9fe/128",
  "169.254.42.42/32",
  "fd00:42::42/128",
  // Alibaba, Tencent, Oracle's older one, Azure's wire server.
  "100.100.100.200/32",
  "169.254.0.23/32",
  "192.0.0.192/32",
  "168.63.129.16/32",
].map(toNetwork);

/** Names under which the same services answer; subdomains too. */
export const METADATA_NAMES: readonly string[] = [
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "metadata.azure.com",
  "metadata.tencentyun.com",
  "metadata.platformequinix.com",
  "instance-data",
  "instance-data.ec2.internal",
];

function toNetwork(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new Error(`${text} is no network`);
  return network;
}
