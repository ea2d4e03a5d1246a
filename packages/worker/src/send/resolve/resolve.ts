// From a host's name to its addresses, all of them. Answers are kept as long as they say, within bounds; one
// question at a time per name, so that a slow name server holds up nobody but those who ask for that name.

import { isIP } from "node:net";
import { LRUCache } from "lru-cache";
import { toEgressError } from "../egress-error.ts";
import { isLocal } from "../fault.ts";

/** An address with how long it may be believed; null where the source does not say. */
export interface Answer {
  readonly address: string;
  readonly ttlMs: number | null;
}

/** Told all addresses of a name when some of them came after the answer had been given. */
export type TellLate = (answers: readonly Answer[]) => void;

/** Asks for all addresses of a name. @throws with Node's DNS codes, or finds none. */
export type Ask = (host: string, tellLate: TellLate) => Promise<readonly Answer[]>;

/** The addresses of a name, in the order in which to try them. @throws EgressError `POSTRIDER_DNS`. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * A name whose answers live for no time would be asked for at each connection, thousands of times a second (a
 * second).
 */
const TTL_MS_MIN = 1_000;
/** A destination that moves is found again within this time, whatever its answer promised (five minutes). */
const TTL_MS_MAX = 300_000;
/** The system's lookup tells no time; most public answers live longer than this. */
const TTL_MS_UNKNOWN = 10_000;
/** Names kept; some 200 bytes each. */
const NAMES_MAX = 10_000;
/** A name with more is no API's; each one is classified and perhaps tried. */
const ADDRESSES_MAX = 32;
/** Questions that have no answer yet; each costs two sockets' buffers at most, and ends within seconds. */
const ASKING_MAX = 2_000;

interface Known {
  readonly addresses: readonly string[];
  readonly expiresAt: number;
}

/**
 * Adds a cache to a way of asking. Failures are not kept: the lane's backoff bounds how often they are
 * repeated. `onLate` is told a name's addresses when some of them came after others had been given out.
 */
export function createResolve(
  ask: Ask,
  now: () => number,
  onLate: (host: string, addresses: readonly string[]) => void = () => undefined,
): Resolve {
  const known = new LRUCache<string, Known>({ max: NAMES_MAX });
  const asking = new Map<string, Promise<readonly string[]>>();

  const keep = (host: string, all: readonly Answer[]): readonly string[] => {
    const answers = all.slice(0, ADDRESSES_MAX);
    const addresses = interleave(answers.map(({ address }) => address));
    const ttlMs = Math.min(...answers.map((answer) => answer.ttlMs ?? TTL_MS_UNKNOWN));
    known.set(host, { addresses, expiresAt: now() + Math.min(Math.max(ttlMs, TTL_MS_MIN), TTL_MS_MAX) });
    return addresses;
  };
  const askOnce = async (host: string): Promise<readonly string[]> => {
    if (asking.size >= ASKING_MAX)
      throw toEgressError("POSTRIDER_LOCAL", `${ASKING_MAX} names are being asked for already`);
    const answers = await asked(host, ask, (all) => onLate(host, keep(host, all)));
    if (answers.length === 0) throw toEgressError("POSTRIDER_DNS", `${host} has no address`);
    return keep(host, answers);
  };

  return (host) => {
    // As a proxy may be named.
    if (isIP(host) !== 0) return Promise.resolve([host]);
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

async function asked(host: string, ask: Ask, tellLate: TellLate): Promise<readonly Answer[]> {
  try {
    return await ask(host, tellLate);
  } catch (error) {
    if (isLocal(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    // c-ares' word for having reached no name server, or having had no descriptor to ask one: it says nothing
    // about the name.
    if (code === "ECONNREFUSED")
      throw toEgressError("POSTRIDER_LOCAL", `no name server could be asked for ${host} (${code})`, {
        cause: error,
      });
    throw toEgressError("POSTRIDER_DNS", `${host} could not be resolved${code === "" ? "" : ` (${code})`}`, {
      cause: error,
    });
  }
}

/**
 * RFC 8305 section 4: the families in turn, beginning with the first answer's, so that one dead family costs
 * one wait.
 */
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
