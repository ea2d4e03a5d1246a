// What the system's files say of names: the hosts file, and the name servers and search domains of
// resolv.conf(5). Pure, except that it reads the two now and then.

import { readFile } from "node:fs/promises";
import { isIP, SocketAddress } from "node:net";

export interface SystemNames {
  /** Addresses that the hosts file gives a name, in its order. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** Empty: whatever the resolver takes for the system's. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  /** Names with fewer dots are first looked for in the search domains. */
  readonly ndots: number;
}

export interface SystemPaths {
  readonly hosts: string;
  readonly resolvConf: string;
}

export const SYSTEM_PATHS: SystemPaths = { hosts: "/etc/hosts", resolvConf: "/etc/resolv.conf" };

/** resolv.conf(5) allows no more. */
const NDOTS_MAX = 15;

/** The files' text, made usable. What cannot be read in them is passed over, as the C library does. */
export function parseSystemNames(hosts: string, resolvConf: string): SystemNames {
  const servers: string[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const [keyword = "", ...values] of toLines(resolvConf, /[#;].*/)) {
    const [first = ""] = values;
    if (keyword === "nameserver" && isServer(first)) servers.push(first);
    // The last of the two stands.
    if (keyword === "search" || keyword === "domain")
      search = values.map((domain) => domain.toLowerCase().replace(/^\.+|\.+$/g, "")).filter(Boolean);
    if (keyword === "options") ndots = toNdots(values) ?? ndots;
  }
  return { hosts: parseHosts(hosts), servers, search, ndots };
}

/** A port may stand beside the address, as resolvers other than the C library's take it. */
function isServer(text: string): boolean {
  return isIP(text) !== 0 || /^(\d+\.){3}\d+:\d+$/.test(text) || /^\[[0-9a-f:]+\]:\d+$/i.test(text);
}

function toNdots(options: readonly string[]): number | undefined {
  const given = options.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).find((text) => text !== undefined);
  return given === undefined ? undefined : Math.min(Number(given), NDOTS_MAX);
}

function parseHosts(text: string): Map<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const [address = "", ...names] of toLines(text, /#.*/)) {
    // An address with a zone is one of a link, which no delivery goes to.
    if (isIP(address) === 0 || address.includes("%")) continue;
    const standard = new SocketAddress({ address, family: address.includes(":") ? "ipv6" : "ipv4" }).address;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase()) ?? [];
      if (!known.includes(standard)) hosts.set(name.toLowerCase(), [...known, standard]);
    }
  }
  return hosts;
}

function toLines(text: string, comment: RegExp): string[][] {
  return text
    .split("\n")
    .map((line) => line.replace(comment, "").trim().split(/\s+/))
    .filter(([first]) => first !== undefined && first !== "");
}

/** How soon a change in the files is found, as when a laptop joins another network. */
const READ_AGAIN_MS = 10_000;

/**
 * The files as they are, or were a moment ago. A file that is not there says nothing, and one that cannot be
 * read what it said before.
 */
export function createSystemReader(paths: SystemPaths, now: () => number): () => Promise<SystemNames> {
  let read: Promise<SystemNames> | undefined;
  let last = { hosts: "", resolvConf: "" };
  let names: SystemNames | undefined;
  let readAt = 0;
  const readNow = async (): Promise<SystemNames> => {
    const [hosts, resolvConf] = await Promise.all([
      readText(paths.hosts, last.hosts),
      readText(paths.resolvConf, last.resolvConf),
    ]);
    // The same object while nothing has changed: what is made of it need not be made again.
    if (names === undefined || hosts !== last.hosts || resolvConf !== last.resolvConf)
      names = parseSystemNames(hosts, resolvConf);
    last = { hosts, resolvConf };
    return names;
  };
  return () => {
    if (read === undefined || now() - readAt >= READ_AGAIN_MS) {
      readAt = now();
      read = readNow();
    }
    return read;
  };
}

/** Not there, or not for us: the C library goes on without it, too. */
const ABSENT: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "EACCES"]);

async function readText(path: string, last: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // What could not be read for want of a descriptor says nothing else than it did before.
    return ABSENT.has((error as { readonly code?: unknown }).code) ? "" : last;
  }
}
