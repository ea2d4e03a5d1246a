// The files of the console: a page that is asked for anew each time, and beside it files whose names say what
// is in them, so that browsers keep them for ever. They hold no data, and need no token.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SECURITY_HEADERS } from "./security-headers.ts";

interface ConsoleFile {
  readonly bytes: Buffer;
  readonly packed: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** By the path from `/console/` on; the page itself is `index.html`. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

const PAGE = "index.html";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** Names hold a hash of the content. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** Asked for again each time, and answered 304 where nothing is new. */
const ANEW = "no-cache";

/** All files, packed once; null where the console was not built, or is not installed. */
export function readConsole(): ConsoleFiles | null {
  const folder = findFolder();
  if (folder === null) return null;
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => extname(name) in TYPES,
  );
  return new Map(names.map((name) => [name.replaceAll("\\", "/"), toFile(join(folder, name))]));
}

function findFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`@postrider/console/${PAGE}`));
  } catch {
    return null;
  }
}

function toFile(path: string): ConsoleFile {
  const bytes = readFileSync(path);
  return {
    bytes,
    packed: gzipSync(bytes, { level: 9 }),
    type: TYPES[extname(path)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
  };
}

/**
 * Serves the console under `/console/`. Where it leads is said relatively, since a proxy may serve all this
 * under another path.
 * @param read called with the first request.
 */
export function serveConsole(app: FastifyInstance, read: () => ConsoleFiles | null): void {
  let files: ConsoleFiles | null | undefined;
  app.get("/console", (_, reply) =>
    reply.headers(SECURITY_HEADERS).code(308).header("location", "console/").send(),
  );
  app.get<{ Params: { "*": string } }>("/console/*", (request, reply) => {
    files ??= read();
    void reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    const name = request.params["*"] === "" ? PAGE : request.params["*"];
    const file = files?.get(name);
    return file === undefined ? reply.callNotFound() : sendFile(request, reply, file, name === PAGE);
  });
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile, isPage: boolean) {
  const { bytes, packed, type, etag } = file;
  void reply.headers({
    "cache-control": isPage ? ANEW : FOR_EVER,
    etag,
    vary: "accept-encoding",
  });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  void reply.type(type);
  const takesPacked = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(
    request.headers["accept-encoding"] ?? "",
  );
  return takesPacked ? reply.header("content-encoding", "gzip").send(packed) : reply.send(bytes);
}
