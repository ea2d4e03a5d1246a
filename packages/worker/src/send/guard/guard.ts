// Is this destination, and each address that its name resolves to, one that strangers may make us call? Named
// verdicts, reached in a fixed order, as Smokescreen does it. Pure: no clock, no network; the connector asks
// before every connection.

import {
  GLOBAL_UNICAST_IPV6,
  METADATA_NAMES,
  METADATA_NETWORKS,
  NAT64,
  RANGES,
  type RangeVerdict,
} from "@postrider/shared/address-ranges";
import { type EgressRules, parsePortRange } from "@postrider/shared/egress";
import { type Address, isInside, type Network, parseAddress, parseNetwork } from "@postrider/shared/network";
import { carriedIn, isIsatap } from "./carried.ts";
import { OTHER_PROTOCOLS } from "./ports.ts";

export type AddressVerdict =
  | "public"
  | "allowed_network"
  | "own_port"
  | "denied_network"
  | "metadata"
  | "nat64"
  | "isatap"
  | "unreadable"
  | RangeVerdict;

export type DestinationVerdict =
  | "https_only"
  | "host_not_allowed"
  | "metadata"
  | "port_blocked"
  | "port_not_allowed"
  /** By a proxy that has a guard of its own. */
  | "proxy_refused";

/** Why a destination is not reached. */
export interface Refusal {
  readonly verdict: AddressVerdict | DestinationVerdict;
  readonly message: string;
}

export interface Destination {
  readonly scheme: "http" | "https";
  /** As the URL standard writes it; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** Rules in the form in which they are compared. */
export interface Rules {
  readonly allowNetworks: readonly Network[] | null;
  readonly denyNetworks: readonly Network[];
  readonly allowHosts: readonly string[] | null;
  readonly allowPorts: readonly (readonly [first: number, last: number])[] | null;
  readonly httpsOnly: boolean;
}

/** The settings' rules: they alone can open what is not public, so their list is always there. */
export type BaseRules = Rules & { readonly allowNetworks: readonly Network[] };

/** All that must agree: the settings, and an action where it has rules. */
export type Levels = readonly [settings: BaseRules, ...actions: Rules[]];

/** Ports of this installation's own. */
export interface OwnPorts {
  readonly isOurs: (host: string, address: string, port: number, isPublic: boolean) => boolean;
}

/** Makes an action's rules comparable. The schema has checked what they say. */
export function toRules({
  allowNetworks,
  denyNetworks,
  allowHosts,
  allowPorts,
  httpsOnly,
}: EgressRules): Rules {
  return {
    allowNetworks: allowNetworks === undefined ? null : toNetworks(allowNetworks),
    denyNetworks: toNetworks(denyNetworks ?? []),
    allowHosts: allowHosts ?? null,
    allowPorts: allowPorts === undefined ? null : allowPorts.map(parsePortRange).filter(isPresent),
    httpsOnly: httpsOnly === true,
  };
}

/** The settings' rules, made comparable. What allows no network must say so; nothing said allows them all. */
export function toBaseRules(rules: EgressRules & { readonly allowNetworks: readonly string[] }): BaseRules {
  return { ...toRules(rules), allowNetworks: toNetworks(rules.allowNetworks) };
}

const isPresent = <T>(entry: T | null): entry is T => entry !== null;

function toNetworks(texts: readonly string[]): Network[] {
  return texts.map(parseNetwork).filter(isPresent);
}

/** What can be told before any name is resolved. Null: nothing speaks against it. */
export function checkDestination(
  { scheme, host, port }: Destination,
  levels: readonly Rules[],
): Refusal | null {
  if (scheme !== "https" && levels.some(({ httpsOnly }) => httpsOnly))
    return refuse(
      "https_only",
      "is not https, and only https may be reached (POSTRIDER_HTTPS_ONLY, egress.httpsOnly)",
    );
  if (isMetadataName(host))
    return refuse("metadata", `leads to a cloud's metadata service (${host}), which is never reached`);
  if (
    !levels.every(
      ({ allowHosts }) => allowHosts === null || allowHosts.some((pattern) => isMatch(host, pattern)),
    )
  )
    return refuse(
      "host_not_allowed",
      `leads to ${host}, which is not among the hosts allowed (POSTRIDER_ALLOW_HOSTS, egress.allowHosts)`,
    );
  const lists = levels.map(({ allowPorts }) => allowPorts).filter((ports) => ports !== null);
  if (!lists.every((ports) => ports.some(([first, last]) => port >= first && port <= last)))
    return refuse(
      "port_not_allowed",
      `leads to port ${port}, which is not among the ports allowed (POSTRIDER_ALLOW_PORTS, egress.allowPorts)`,
    );
  if (lists.length === 0 && OTHER_PROTOCOLS.has(port))
    return refuse(
      "port_blocked",
      `leads to port ${port}, where another protocol than HTTP is spoken; POSTRIDER_ALLOW_PORTS can allow it`,
    );
  return null;
}

/**
 * All addresses of a name; one that may not be reached refuses them all, since who answers so is not to be
 * trusted with the rest.
 */
export function checkAddresses(
  { host, port }: Pick<Destination, "host" | "port">,
  addresses: readonly string[],
  levels: Levels,
  own: OwnPorts,
): Refusal | null {
  for (const address of addresses) {
    const { verdict, isAllowed, name } = classifyAddress(address, levels);
    if (own.isOurs(host, address, port, verdict === "public"))
      return refuse("own_port", `leads to port ${port}, which is Postrider's own and is never reached`);
    if (!isAllowed) return refuse(verdict, toMessage(host, verdict, name));
  }
  return null;
}

export interface Classified {
  readonly verdict: AddressVerdict;
  readonly isAllowed: boolean;
  /** The range and where it is written; empty for a public address. */
  readonly name: string;
}

/** Which kind of address this is, in this order: denied, metadata, allowed by name, special, public. */
export function classifyAddress(text: string, levels: Levels): Classified {
  const address = parseAddress(text);
  if (address === null) return refused("unreadable", "not an address in its standard spelling");
  const spellings = [address, ...carriedIn(address)];
  const isIn = (networks: readonly Network[]): boolean =>
    networks.some((network) => spellings.some((spelling) => isInside(spelling, network)));

  if (levels.some(({ denyNetworks }) => isIn(denyNetworks)))
    return refused("denied_network", "POSTRIDER_DENY_NETWORKS or egress.denyNetworks");
  if (isIn(METADATA_NETWORKS)) return refused("metadata", "a cloud's metadata service");
  const special = findSpecial(address);
  if (special === null) return { verdict: "public", isAllowed: true, name: "" };
  const isAllowed = levels.every(
    ({ allowNetworks }) =>
      allowNetworks === null || allowNetworks.some((network) => isInside(address, network)),
  );
  return isAllowed ? { verdict: "allowed_network", isAllowed, name: special.name } : special;
}

/** Null where the address is globally reachable unicast. */
function findSpecial(address: Address): Classified | null {
  const range = RANGES.find(({ network }) => isInside(address, network));
  if (range !== undefined) return refused(range.verdict, range.name);
  if (address.family === 4) return null;
  if (isInside(address, NAT64)) {
    // RFC 6052 section 3.1: the well-known prefix must not carry what is not global; it is only as public as
    // what it carries.
    const inner = carriedIn(address)
      .map(findSpecial)
      .find((found) => found !== null);
    return inner === undefined ? null : refused("nat64", `64:ff9b::/96 around ${inner.name}`);
  }
  if (!isInside(address, GLOBAL_UNICAST_IPV6)) return refused("unallocated", "outside of 2000::/3, RFC 4291");
  return isIsatap(address) ? refused("isatap", "an IPv4 address inside, RFC 5214") : null;
}

function isMetadataName(host: string): boolean {
  return METADATA_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
}

function isMatch(host: string, pattern: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}

/** The address itself is not told: who writes an action need not learn what names resolve to in here. */
function toMessage(host: string, verdict: AddressVerdict, name: string): string {
  if (verdict === "metadata" || verdict === "denied_network" || verdict === "unreadable")
    return `leads to ${host}, whose address is refused (${name})`;
  return `leads to ${host}, whose address is not public (${verdict}: ${name}); POSTRIDER_ALLOW_NETWORKS can allow it`;
}

function refused(verdict: AddressVerdict, name: string): Classified {
  return { verdict, isAllowed: false, name };
}

function refuse(verdict: Refusal["verdict"], message: string): Refusal {
  return { verdict, message };
}
