// Asking name servers over the network, without threads: any number of names may be waited for, and a silent
// server holds up nobody but those who ask for its names. Both families are asked for at once.

import { Resolver } from "node:dns/promises";
import type { Answer, Ask, TellLate } from "./resolve.ts";

/** How long a name server may take before the next one is asked, and how often each is. */
const SERVER_TIMEOUT_MS = 1_000;
const SERVER_TRIES = 2;
/** RFC 8305 section 3: how long the second family's answer is waited for when the first has come. */
const RESOLUTION_DELAY_MS = 50;

/**
 * Asks these name servers, or with none those that the system names; knows neither hosts file nor search
 * domains.
 */
export function createAskServers(servers: readonly string[]): Ask {
  const resolver = new Resolver({ timeout: SERVER_TIMEOUT_MS, tries: SERVER_TRIES });
  if (servers.length > 0) resolver.setServers([...servers]);
  const family = async (ask: "resolve4" | "resolve6", host: string): Promise<readonly Answer[]> => {
    const records = await resolver[ask](host, { ttl: true });
    return records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1_000 }));
  };
  return (host, tellLate) => joinFamilies(family("resolve6", host), family("resolve4", host), tellLate);
}

/**
 * Both families' answers; one alone where the other fails or comes much later. What comes too late is told,
 * since it may be a reason to refuse the name; it is never a way around the guard, since only what is in the
 * answer is connected to.
 */
export async function joinFamilies(
  ipv6: Promise<readonly Answer[]>,
  ipv4: Promise<readonly Answer[]>,
  tellLate: TellLate = () => undefined,
): Promise<readonly Answer[]> {
  const found = new Map<"ipv6" | "ipv4", readonly Answer[]>();
  const keep = (family: "ipv6" | "ipv4", answers: Promise<readonly Answer[]>): Promise<void> =>
    answers.then((some) => {
      if (some.length === 0) throw new Error("empty");
      found.set(family, some);
    });
  const join = (): readonly Answer[] => [...(found.get("ipv6") ?? []), ...(found.get("ipv4") ?? [])];
  const both = [keep("ipv6", ipv6), keep("ipv4", ipv4)];
  const settled = Promise.allSettled(both);
  try {
    await Promise.any(both);
  } catch {
    const [, last] = await settled;
    throw last?.status === "rejected" ? last.reason : new Error("no address");
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, RESOLUTION_DELAY_MS, "late");
  });
  const isLate = (await Promise.race([settled, late])) === "late";
  clearTimeout(timer);
  if (isLate) void settled.then(() => found.size === 2 && tellLate(join()));
  return join();
}
