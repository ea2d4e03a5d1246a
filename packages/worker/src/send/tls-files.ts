// Own CA bundles and client certificates, per destination, from files that may change while the worker runs: certificates are renewed,
// and Kubernetes replaces a mounted secret's files in place. What is broken at a change leaves the old one standing.

import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { z } from "zod";

/** Kubernetes itself takes up to a minute to bring a change to a file; this adds little to it. */
const CHECK_MS = 10_000;

const file = z.string().min(1);
const tlsFileSchema = z.strictObject({
  destinations: z.record(
    z
      .string()
      .refine((text) => URL.canParse(text) && new URL(text).origin === text && text.startsWith("https:"), {
        message: "is no origin, such as https://api.example.com or https://api.example.com:8443",
      }),
    z
      .strictObject({ ca: file.optional(), cert: file.optional(), key: file.optional() })
      .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
        message: "cert and key belong together",
      }),
  ),
});

export interface TlsFiles {
  /** What to make a handshake with this origin with. */
  contextOf(origin: string): SecureContext;
  /** Looks now, instead of when the time comes, whether a file has changed. */
  check(): void;
  close(): void;
}

export interface TlsFilesOptions {
  readonly path: string | undefined;
  /** Connections made before are to be given up. */
  readonly onChange: () => void;
  readonly warn: (message: string) => void;
}

type Contexts = ReadonlyMap<string, SecureContext>;

/** Reads the files. @throws PostriderError `settings_invalid` naming the file. */
export function openTlsFiles({ path, onChange, warn }: TlsFilesOptions): TlsFiles {
  // Made when it is first needed: reading all public roots takes longer than anything else at the start.
  let publicRoots: SecureContext | undefined;
  let watched: string[] = [];
  let contexts: Contexts = path === undefined ? new Map() : load(path, watched);
  let seen = toSignature(path, watched);

  const check = (): void => {
    if (path === undefined || toSignature(path, watched) === seen) return;
    // Also where they cannot be used: what was missing among them may come.
    watched = [];
    try {
      contexts = load(path, watched);
      onChange();
    } catch (error) {
      warn(`the TLS files have changed and cannot be used; the old ones stand: ${(error as Error).message}`);
    } finally {
      seen = toSignature(path, watched);
    }
  };
  const timer = path === undefined ? undefined : setInterval(check, CHECK_MS).unref();
  return {
    contextOf(origin) {
      const own = contexts.get(origin);
      if (own !== undefined) return own;
      publicRoots ??= toContext({});
      return publicRoots;
    },
    check,
    close: () => clearInterval(timer),
  };
}

/** Adds to `paths` each file that it looks at. */
function load(path: string, paths: string[]): Contexts {
  const parsed = tlsFileSchema.safeParse(parseJson(path));
  if (!parsed.success) {
    throw invalid(parsed.error.issues.map(toProblem), path);
  }
  const contexts = new Map<string, SecureContext>();
  const read = (name: string | undefined): Buffer | undefined => {
    if (name === undefined) return undefined;
    const full = resolve(dirname(path), name);
    paths.push(full);
    return readFileSync(full);
  };
  for (const [origin, { ca, cert, key }] of Object.entries(parsed.data.destinations)) {
    try {
      contexts.set(origin, toContext({ ca: read(ca), cert: read(cert), key: read(key) }));
    } catch (error) {
      throw invalid([{ field: `destinations.${origin}`, message: (error as Error).message }], path);
    }
  }
  return contexts;
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  // What is wrong with a key lies one level deeper.
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return { field: issue.path.join("."), message };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalid([{ field: "", message: (error as Error).message }], path);
  }
}

function invalid(problems: readonly Problem[], path: string): PostriderError {
  const lines = problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  return new PostriderError("settings_invalid", `POSTRIDER_TLS_FILE: ${path}: ${lines.join("; ")}`, {
    problems,
  });
}

/** A `ca` stands instead of the public roots: whoever gives one wants no other to vouch for that destination. */
function toContext(files: {
  ca?: Buffer | undefined;
  cert?: Buffer | undefined;
  key?: Buffer | undefined;
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
