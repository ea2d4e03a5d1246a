// The system's own way from a name to addresses, without getaddrinfo: that has four threads for all names and
// files of the process, and a name server that says nothing holds one of them for as long as half a minute.
// Hosts file, search domains and their order are resolv.conf(5)'s, so that a service's short name works in
// Kubernetes as it does everywhere there.

import { createAskServers } from "./name-servers.ts";
import type { Ask } from "./resolve.ts";
import { createSystemReader, SYSTEM_PATHS, type SystemNames, type SystemPaths } from "./system-files.ts";

/** RFC 6761 section 6.3: never a matter for a name server. */
const LOCALHOST = /^(?:.+\.)?localhost$/;
const LOOPBACKS: readonly string[] = ["127.0.0.1", "::1"];

/** There is no such name, or it has no address of that family: the next candidate may have one. */
const ABSENT: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);
/** The server could not say, as one that is cut off from the internet answers for names out there. */
const UNANSWERED: ReadonlySet<unknown> = new Set(["ESERVFAIL", "EREFUSED"]);

/** A way of asking as the machine is set up to. */
export function createAskSystem(paths: SystemPaths = SYSTEM_PATHS, now: () => number = Date.now): Ask {
  const read = createSystemReader(paths, now);
  let from: SystemNames | undefined;
  let askServers: Ask | undefined;

  return async (host, tellLate) => {
    const names = await read();
    const given = names.hosts.get(host) ?? (LOCALHOST.test(host) ? LOOPBACKS : undefined);
    if (given !== undefined) return given.map((address) => ({ address, ttlMs: null }));
    if (askServers === undefined || from !== names) {
      askServers = createAskServers(names.servers);
      from = names;
    }
    return askInTurn(toCandidates(host, names), askServers, tellLate);
  };
}

/** Under which full names a name may be known, in the order in which to ask. */
export function toCandidates(
  host: string,
  { search, ndots }: Pick<SystemNames, "search" | "ndots">,
): string[] {
  const dots = host.split(".").length - 1;
  const searched = search.map((domain) => `${host}.${domain}`);
  return dots >= ndots ? [host, ...searched] : [...searched, host];
}

/** The first that has addresses. Silence ends it: the same server would be asked for the next one. */
async function askInTurn(
  candidates: readonly string[],
  ask: Ask,
  tellLate: Parameters<Ask>[1],
): Promise<Awaited<ReturnType<Ask>>> {
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return await ask(candidate, tellLate);
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      if (!ABSENT.has(code) && !UNANSWERED.has(code)) throw error;
      // That a server could not say is worth more than that another name is not known.
      if (failure === undefined || !ABSENT.has(code)) failure = error;
    }
  }
  throw failure;
}
