// Where a redirect leads, as RFC 9110 section 15.4 says. Pure. What a stranger's answer asks for is composed
// like any request: through the URL's rules here, through the guard when it is sent.

import type { ComposedRequest } from "@postrider/compose/request";
import { parseUrl } from "@postrider/compose/url";
import type { Reply } from "../attempt.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether a status is one of those that may be followed. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * What goes along to another origin. A list of what may, since no list of what may not knows every name under
 * which an API wants its key.
 */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-language",
  "content-type",
  "user-agent",
]);

/** Under these names receivers look for a delivery's key, whichever of them an action uses. */
const KEY_HEADERS: ReadonlySet<string> = new Set(["idempotency-key", "webhook-id", "x-cio-idempotency-key"]);

export type Next =
  | { readonly request: ComposedRequest }
  /** Why the way that the answer points to is not taken. */
  | { readonly problem: string; readonly isForbidden: boolean };

/**
 * What speaks of the body, and says nothing true without it: its type and length, digests, and signatures
 * over it.
 */
const OF_BODY = /^content-|digest|signature/;

/** What tells headers apart that may go to another origin. */
export interface HeaderKinds {
  /** In lower case, those whose values are made of secrets. */
  readonly secretHeaders: ReadonlySet<string>;
  /** The one with the delivery's key. */
  readonly idempotencyHeader: string;
}

/**
 * The request that a reply redirects to; null where it redirects nowhere, or from https to http, and so
 * stands as it is.
 */
export function toNext(
  request: ComposedRequest,
  reply: Reply,
  { secretHeaders, idempotencyHeader }: HeaderKinds,
): Next | null {
  const location = reply.headers["location"];
  if (!isRedirect(reply.status) || location === undefined) return null;
  const target = toTarget(request, location);
  if (target === null) return { problem: "the redirect's Location is not a URL", isForbidden: false };
  const parsed = parseUrl(target);
  if ("problem" in parsed)
    return {
      problem: `the redirect's Location ${parsed.problem}`,
      isForbidden: parsed.reason === "address_forbidden",
    };
  if (parsed.authorization !== null)
    return { problem: "the redirect's Location carries credentials", isForbidden: true };
  // What was meant to be encrypted is not sent in the clear because the other end says so.
  if (request.origin.startsWith("https:") && parsed.origin.startsWith("http:")) return null;

  const method = toMethod(request.method, reply.status);
  const keepsBody = method === request.method;
  const isElsewhere = parsed.origin !== request.origin;
  const isKey = (name: string): boolean => KEY_HEADERS.has(name) || name === idempotencyHeader.toLowerCase();
  const headers = keepHeaders(request.headers, (name) => {
    if (isKey(name)) return !isElsewhere || !secretHeaders.has(name);
    if (!keepsBody && OF_BODY.test(name)) return false;
    return !isElsewhere || (HARMLESS_HEADERS.has(name) && !secretHeaders.has(name));
  });
  const { origin, path } = parsed;
  return { request: { method, origin, path, headers, body: keepsBody ? request.body : null } };
}

/**
 * A relative Location is resolved; where it names a host, that stays as it is written, for the rules on
 * spelling.
 */
function toTarget({ origin, path }: ComposedRequest, location: string): string | null {
  const written = location.trim();
  if (/^[a-z][a-z0-9+.-]*:/i.test(written)) return written;
  if (/^[/\\]{2}/.test(written)) return origin.slice(0, origin.indexOf("//")) + written;
  return URL.canParse(written, origin + path) ? new URL(written, origin + path).href : null;
}

/** 303 asks for a GET; 301 and 302 turn a POST into one, as all clients do; 307 and 308 change nothing. */
function toMethod(method: ComposedRequest["method"], status: number): ComposedRequest["method"] {
  if (status === 303) return "GET";
  return method === "POST" && (status === 301 || status === 302) ? "GET" : method;
}

function keepHeaders(headers: readonly string[], isKept: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = "", value = ""] = headers.slice(index, index + 2);
    if (isKept(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
