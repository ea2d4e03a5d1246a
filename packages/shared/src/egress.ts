// The rules of where requests may go, as settings and actions write them: networks, hosts, ports, https
// alone. The worker's guard carries them out. An action's rules stand beside the settings' and can only
// narrow them.

import { z } from "zod";
import { parseAddress, parseNetwork } from "./network.ts";

/**
 * Enough for every list that a person keeps; an address is compared with each entry at each new connection.
 */
const ENTRIES_MAX = 1_000;

/** One level of rules, of the settings or of an action. A list that is not there does not limit. */
export interface EgressRules {
  /** Networks that may be reached although they are not public. */
  readonly allowNetworks?: readonly string[] | undefined;
  /** Networks that are not reached, whatever else allows them. */
  readonly denyNetworks?: readonly string[] | undefined;
  /** The only hosts that are reached: `api.example.com`, or `*.example.com` for all names below it. */
  readonly allowHosts?: readonly string[] | undefined;
  /** The only ports that are reached: `443`, or `8000-8999`. */
  readonly allowPorts?: readonly string[] | undefined;
  readonly httpsOnly?: boolean | undefined;
}

const HOST_PATTERN =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const PORT_RANGE = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/;

/** First and last port of a range as it is written; null where it is none. */
export function parsePortRange(text: string): readonly [first: number, last: number] | null {
  const match = PORT_RANGE.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65_535 ? [first, last] : null;
}

function isHostPattern(text: string): boolean {
  return HOST_PATTERN.test(text) || parseAddress(text) !== null;
}

/** What is wrong with an entry of each list. */
const ENTRY_PROBLEMS = {
  networks: (entry: string) =>
    parseNetwork(entry) === null
      ? `"${entry}" is no network in CIDR notation, such as 10.0.0.0/8 or fd00::/8 (no bits may be set behind the prefix)`
      : null,
  hosts: (entry: string) =>
    isHostPattern(entry)
      ? null
      : `"${entry}" is no host pattern, such as api.example.com or *.example.com (lower case, without scheme and port)`,
  ports: (entry: string) =>
    parsePortRange(entry) === null
      ? `"${entry}" is no port or range of ports, such as 443 or 8000-8999`
      : null,
} as const;
type EntryKind = keyof typeof ENTRY_PROBLEMS;

function list(kind: EntryKind, description: string) {
  const entry = z.string().superRefine((text, context) => {
    const problem = ENTRY_PROBLEMS[kind](text);
    if (problem !== null) context.addIssue(problem);
  });
  return z.array(entry).max(ENTRIES_MAX).optional().describe(description);
}

/** The `egress` field of an action. */
export const egressSchema = z.strictObject({
  allowNetworks: list("networks", "Networks."),
  denyNetworks: list("networks", "Networks."),
  allowHosts: list("hosts", "Hosts."),
  allowPorts: list("ports", "Ports."),
  httpsOnly: z.boolean().optional(),
});

/** A setting that lists such entries, separated by commas; empty gives `whenEmpty`. */
export function egressListSetting<T extends readonly string[] | undefined>(kind: EntryKind, whenEmpty: T) {
  return z
    .string()
    .transform((text, context): readonly string[] | T => {
      const entries = text
        .split(",")
        .map((entry) => entry.trim().toLowerCase())
        .filter((entry) => entry !== "");
      for (const entry of entries) {
        const problem = ENTRY_PROBLEMS[kind](entry);
        if (problem !== null) context.addIssue(problem);
      }
      return entries.length === 0 ? whenEmpty : entries;
    })
    .prefault("");
}
