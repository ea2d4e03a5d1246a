// From a host's name to its addresses, all of them. Answers are kept as long as they say, within bounds; one question at a time per
// name, so that a slow name server holds up nobody but those who ask for that name.

import { lookup, Resolver } from "node:dns/promises";
import { LRUCache } from "lru-cache";
import { toEgressError } from "./egress-error.ts";
import { isLocal } from "./fault.ts";

/** An address with how long it may be believed; null where the source does not say. */
export interface Answer {
  readonly address: string;
  readonly ttlMs: number | null;
}

/** Asks for all addresses of a name. @throws with Node's DNS codes, or finds none. */
export type Ask = (host: string) => Promise<readonly Answer[]>;

/** The addresses of a name, in the order in which to try them. @throws EgressError `POSTRIDER_DNS`. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** A name whose answers live for no time would be asked for at each connection, thousands of times a second (a second). */
const TTL_MS_MIN = 1_000;
/** A destination that moves is found again within this time, whatever its answer promised (five minutes). */
const TTL_MS_MAX = 300_000;
/** The system's lookup tells no time; most public answers live longer than this. */
const TTL_MS_UNKNOWN = 10_000;
/** Names kept; some 200 bytes each. */
const NAMES_MAX = 10_000;
/** A name with more is no API's; each one is classified and perhaps tried. */
const ADDRESSES_MAX = 32;

interface Known {
  readonly addresses: readonly string[];
  readonly expiresAt: number;
}

/** Adds a cache to a way of asking. Failures are not kept: the lane's backoff bounds how often they are repeated. */
export function createResolve(ask: Ask, now: () => number): Resolve {
  const known = new LRUCache<string, Known>({ max: NAMES_MAX });
  const asking = new Map<string, Promise<readonly string[]>>();

  const askOnce = async (host: string): Promise<readonly string[]> => {
    const answers = (await asked(host, ask)).slice(0, ADDRESSES_MAX);
    if (answers.length === 0) throw toEgressError("POSTRIDER_DNS", `${host} has no address`);
    const addresses = interleave(answers.map(({ address }) => address));
    const ttlMs = Math.min(...answers.map((answer) => answer.ttlMs ?? TTL_MS_UNKNOWN));
    known.set(host, { addresses, expiresAt: now() + Math.min(Math.max(ttlMs, TTL_MS_MIN), TTL_MS_MAX) });
    return addresses;
  };

  return (host) => {
    const found = known.get(host);
    if (found !== undefined && now() < found.expiresAt) return Promise.resolve(found.addresses);
    let pending = asking.get(host);
    if (pending === undefined) {
      pending = askOnce(host).finally(() => asking.delete(host));
      asking.set(host, pending);
    }
    return pending;
  };
}

async function asked(host: string, ask: Ask): Promise<readonly Answer[]> {
  try {
    return await ask(host);
  } catch (error) {
    if (isLocal(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw toEgressError("POSTRIDER_DNS", `${host} could not be resolved${code === "" ? "" : ` (${code})`}`, {
      cause: error,
    });
  }
}

/** RFC 8305 section 4: the families in turn, beginning with the first answer's, so that one dead family costs one wait. */
export function interleave(addresses: readonly string[]): string[] {
  const isIpv6 = (address: string): boolean => address.includes(":");
  const [first = ""] = addresses;
  const preferred = addresses.filter((address) => isIpv6(address) === isIpv6(first));
  const others = addresses.filter((address) => isIpv6(address) !== isIpv6(first));
  const length = Math.max(preferred.length, others.length);
  return Array.from({ length }, (_, index) => [preferred[index], others[index]])
    .flat()
    .filter((address) => address !== undefined);
}

/** The system's own way (hosts file, search domains, getaddrinfo's order by RFC 6724); on libuv's four threads. */
export async function askSystem(host: string): Promise<readonly Answer[]> {
  const found = await lookup(host, { all: true, order: "verbatim" });
  return found.map(({ address }) => ({ address, ttlMs: null }));
}

/** How long a name server may take before the next one is asked, and how often each is. */
const SERVER_TIMEOUT_MS = 1_000;
const SERVER_TRIES = 2;
/** RFC 8305 section 3: how long the second family's answer is waited for when the first has come. */
const RESOLUTION_DELAY_MS = 50;

/** Asks name servers of one's own, without threads, hosts file or search domains. */
export function createAskServers(servers: readonly string[]): Ask {
  const resolver = new Resolver({ timeout: SERVER_TIMEOUT_MS, tries: SERVER_TRIES });
  resolver.setServers([...servers]);
  const family = async (ask: "resolve4" | "resolve6", host: string): Promise<readonly Answer[]> => {
    const records = await resolver[ask](host, { ttl: true });
    return records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1_000 }));
  };
  return (host) => joinFamilies(family("resolve6", host), family("resolve4", host));
}

/**
 * Both families' answers; one alone where the other fails or comes much later. An address that is not in the answer is never connected
 * to, so what comes too late is no way around the guard.
 */
export async function joinFamilies(
  ipv6: Promise<readonly Answer[]>,
  ipv4: Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const found = new Map<"ipv6" | "ipv4", readonly Answer[]>();
  const keep = (family: "ipv6" | "ipv4", answers: Promise<readonly Answer[]>): Promise<void> =>
    answers.then((some) => {
      if (some.length === 0) throw new Error("empty");
      found.set(family, some);
    });
  const both = [keep("ipv6", ipv6), keep("ipv4", ipv4)];
  const settled = Promise.allSettled(both);
  try {
    await Promise.any(both);
  } catch {
    const [, last] = await settled;
    throw last?.status === "rejected" ? last.reason : new Error("no address");
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RESOLUTION_DELAY_MS);
  });
  await Promise.race([settled, late]);
  clearTimeout(timer);
  return [...(found.get("ipv6") ?? []), ...(found.get("ipv4") ?? [])];
}
