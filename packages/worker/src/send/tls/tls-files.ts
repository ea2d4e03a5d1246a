// Own CA bundles and client certificates, per destination, from files or the secret store. Both may change
// while the worker runs: certificates are renewed, and Kubernetes replaces a mounted secret's files in place.
// What is broken at a change leaves the old one standing.

import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { toEgressError } from "../egress-error.ts";
import { type Entry, invalid, readTlsFile, secretOf } from "./tls-file.ts";

/** Kubernetes itself takes up to a minute to bring a change to a file; this adds little to it. */
const CHECK_MS = 10_000;

/** The values of secrets, opened, and why others are not to be had. */
export type ReadSecrets = (names: readonly string[]) => Promise<{
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly { readonly message: string }[];
}>;

export interface TlsFiles {
  /**
   * What to make a handshake with this origin with. @throws EgressError `POSTRIDER_LOCAL` while its secrets
   * are not there.
   */
  contextOf(origin: string): SecureContext;
  /** Whether anything in it comes from the secret store. */
  readonly usesSecrets: () => boolean;
  /** Whether a secret is one of its own, which no action gets to see. */
  readonly isReserved: (name: string) => boolean;
  /** From where secrets come; they are there, or told to be missing, when this resolves. */
  useSecrets(read: ReadSecrets): Promise<void>;
  /** Looks now, instead of when the time comes, whether a file or a secret has changed. */
  check(): Promise<void>;
  close(): void;
}

export interface TlsFilesOptions {
  readonly path: string | undefined;
  /** Connections made before are to be given up. */
  readonly onChange: () => void;
  readonly warn: (message: string) => void;
}

/** Null: what it needs of the secret store has not come yet. */
type Contexts = ReadonlyMap<string, SecureContext | null>;

interface Loaded {
  readonly contexts: Contexts;
  readonly secretNames: ReadonlySet<string>;
  /** Problems of entries that take something from the store; they alone keep what they had. */
  readonly problems: readonly string[];
}

const NOTHING: Loaded = { contexts: new Map(), secretNames: new Set(), problems: [] };

/** Reads the files. @throws PostriderError `settings_invalid` naming the file. */
export function openTlsFiles({ path, onChange, warn }: TlsFilesOptions): TlsFiles {
  // Made when it is first needed: reading all public roots takes longer than anything else at the start.
  let publicRoots: SecureContext | undefined;
  let watched: string[] = [];
  let secrets: ReadonlyMap<string, string> = new Map();
  let readSecrets: ReadSecrets | undefined;
  let told = "";
  let loaded = path === undefined ? NOTHING : load(path, watched, secrets, NOTHING.contexts);
  let seen = toSignature(path, watched);

  const reload = (): void => {
    if (path === undefined) return;
    // Also where they cannot be used: what was missing among them may come.
    watched = [];
    try {
      loaded = load(path, watched, secrets, loaded.contexts);
      for (const problem of loaded.problems)
        warn(`POSTRIDER_TLS_FILE: ${problem}; what was there before stands`);
      onChange();
    } catch (error) {
      warn(`the TLS files have changed and cannot be used; the old ones stand: ${(error as Error).message}`);
    } finally {
      seen = toSignature(path, watched);
    }
  };
  const checkSecrets = async (): Promise<void> => {
    if (readSecrets === undefined || loaded.secretNames.size === 0) return;
    const { values, problems } = await readSecrets([...loaded.secretNames]);
    const problem = problems.map(({ message }) => message).join("; ");
    // Once, not every ten seconds.
    if (problem !== "" && problem !== told)
      warn(`POSTRIDER_TLS_FILE: ${problem}; what was there before stands`);
    told = problem;
    if ([...values].every(([name, value]) => secrets.get(name) === value)) return;
    secrets = new Map([...secrets, ...values]);
    reload();
  };
  const check = async (): Promise<void> => {
    if (path !== undefined && toSignature(path, watched) !== seen) reload();
    await checkSecrets();
  };
  const checkLater = (): void => {
    // Redis is away: what was there before stands, and it is looked for again.
    void check().catch(() => undefined);
  };
  const timer = path === undefined ? undefined : setInterval(checkLater, CHECK_MS).unref();
  return {
    contextOf(origin) {
      const own = loaded.contexts.get(origin);
      if (own === null)
        throw toEgressError(
          "POSTRIDER_LOCAL",
          `what POSTRIDER_TLS_FILE takes from the secret store for ${origin} is not there`,
        );
      if (own !== undefined) return own;
      publicRoots ??= toContext({});
      return publicRoots;
    },
    usesSecrets: () => loaded.secretNames.size > 0,
    isReserved: (name) => loaded.secretNames.has(name),
    useSecrets(read) {
      readSecrets = read;
      return checkSecrets();
    },
    check,
    close: () => clearInterval(timer),
  };
}

/** Adds to `paths` each file that it looks at. */
function load(path: string, paths: string[], secrets: ReadonlyMap<string, string>, before: Contexts): Loaded {
  const problems: string[] = [];
  const contexts = new Map<string, SecureContext | null>();
  const secretNames = new Set<string>();
  const read = (text: string | undefined): Buffer | string | null | undefined => {
    if (text === undefined) return undefined;
    const name = secretOf(text);
    if (name !== null) {
      secretNames.add(name);
      return secrets.get(name) ?? null;
    }
    const full = resolve(dirname(path), text);
    paths.push(full);
    return readFileSync(full);
  };
  for (const [origin, entry] of Object.entries(readTlsFile(path))) {
    try {
      contexts.set(origin, toOwnContext(entry, read));
    } catch (error) {
      const { message } = error as Error;
      if (!Object.values(entry).some((text) => text !== undefined && secretOf(text) !== null))
        throw invalid([{ field: `destinations.${origin}`, message }], path);
      problems.push(`destinations.${origin}: ${message}`);
      contexts.set(origin, before.get(origin) ?? null);
    }
  }
  return { contexts, secretNames, problems };
}

function toOwnContext(
  entry: Entry,
  read: (text: string | undefined) => Buffer | string | null | undefined,
): SecureContext | null {
  const [ca, cert, key] = [read(entry.ca), read(entry.cert), read(entry.key)];
  return ca === null || cert === null || key === null ? null : toContext({ ca, cert, key });
}

/**
 * A `ca` stands instead of the public roots: whoever gives one wants no other to vouch for that destination.
 */
function toContext(files: {
  ca?: Buffer | string | undefined;
  cert?: Buffer | string | undefined;
  key?: Buffer | string | undefined;
}): SecureContext {
  const { ca, cert, key } = files;
  return createSecureContext({
    // RFC 8996 retired what is older.
    minVersion: "TLSv1.2",
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
}

/** Changes whenever one of the files does; a file that is away for a moment is a change, too. */
function toSignature(path: string | undefined, paths: readonly string[]): string {
  if (path === undefined) return "";
  return [path, ...paths]
    .map((name) => {
      const stat = statSync(name, { throwIfNoEntry: false });
      return stat === undefined ? "-" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    })
    .join("\n");
}
