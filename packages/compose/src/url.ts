// From a rendered URL to origin, path and credentials. The origin is where the connection goes; nothing else
// decides that.

/** Longer ones are refused by common servers (8 KiB request lines), so they could never succeed. */
export const URL_CHARS_MAX = 8_000;

/**
 * In what is left when the URL standard has dropped tabs and line ends; it takes a backslash for a slash, and
 * drops control characters and spaces at the end (\p{Cc} has a few more, which no path needs).
 */
const DOT_SEGMENT = /^[^?#]*[/\\](?:\.|%2e){1,2}(?:[/\\?#]|[\p{Cc} ]*$)/iu;

export interface SendableUrl {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** A Basic credential, from the user info. */
  readonly authorization: string | null;
}

export type ParsedUrl =
  | SendableUrl
  | { readonly problem: string; readonly reason: "url_invalid" | "address_forbidden" };

/**
 * WHATWG URL rules, http and https only, and the host spelled as it is understood. User info becomes a Basic
 * credential (RFC 7617) and leaves the URL; where the template itself has none (`template` given), a value
 * cannot bring it in.
 */
export function parseUrl(text: string, template?: string): ParsedUrl {
  if (text.length > URL_CHARS_MAX) return invalid(`is longer than ${URL_CHARS_MAX} characters`);
  // The URL standard resolves these, encoded or not, and so they would lead to another path than the
  // template's.
  if (DOT_SEGMENT.test(text.replace(/[\t\r\n]/g, "")))
    return invalid("has a path segment . or .., which would lead to another path");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return invalid("is not a URL; it must look like https://host/path");
  }
  // Letters beyond ASCII take up to twelve characters when they are encoded.
  if (url.href.length > URL_CHARS_MAX)
    return invalid(`is longer than ${URL_CHARS_MAX} characters when encoded`);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return invalid(`has the scheme ${url.protocol.slice(0, -1)}; only http and https are sent`);
  }
  const problem = findHostProblem(text, url.hostname);
  if (problem !== null) return forbidden(problem);
  if (url.username === "" && url.password === "")
    return { origin: url.origin, path: url.pathname + url.search, authorization: null };
  if (template !== undefined && !hasUserInfo(template))
    return forbidden(
      "has a user name or password that a value brought in; write user info in the template itself",
    );
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    authorization: toBasic(decode(url.username), decode(url.password)),
  };
}

function invalid(problem: string): ParsedUrl {
  return { problem, reason: "url_invalid" };
}

function forbidden(problem: string): ParsedUrl {
  return { problem, reason: "address_forbidden" };
}

/**
 * Scheme, `//`, user info up to the last `@`, host, port. What the URL standard would forgive besides is not
 * forgiven.
 */
const AUTHORITY = /^\s*https?:\/\/(?:[^/?#\\]*@)?(\[[^\]/?#\\@]*\]|[^/?#\\@:]*)(?::[0-9]*)?(?=[/?#]|\s*$)/i;

/**
 * Letters, digits, dot, hyphen and underscore, or an address in brackets; the URL standard lets more through
 * ({, $, \", …).
 */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:]+\])$/;

/**
 * Why a host is not sent to for the way it is written. The URL standard understands 127.1, 0x7f000001,
 * 2130706433, full-width letters and much else; what a person, a log or another program reads there may
 * differ, so a host must be written as it is understood.
 */
function findHostProblem(text: string, hostname: string): string | null {
  const written = AUTHORITY.exec(text)?.[1];
  if (written === undefined)
    return "is not written as https://host/path: no backslashes or white space, two slashes";
  if (!HOST.test(hostname)) return "has a host with a character that no host name has";
  if (hostname.endsWith(".")) return `has a host that ends with a dot (${hostname}); leave the dot out`;
  if (written.toLowerCase() === hostname || isInternational(written, hostname)) return null;
  return `has a host in an odd spelling; it means ${hostname}, so write that`;
}

/**
 * Letters beyond ASCII, each of whose labels is a name in its own right rather than a disguise of ASCII ones.
 */
function isInternational(written: string, hostname: string): boolean {
  const labels = written.toLowerCase().split(".");
  const understood = hostname.split(".");
  return (
    labels.length === understood.length &&
    labels.every((label, index) => label === understood[index] || isForeign(label, understood[index] ?? ""))
  );
}

function isForeign(label: string, understood: string): boolean {
  return understood.startsWith("xn--") && !label.startsWith("xn--") && label.normalize("NFKC") === label;
}

/** Whether the template's own text, without its outputs and tags, has an `@` in its authority. */
function hasUserInfo(template: string): boolean {
  return /^\s*https?:\/\/[^/?#\\]*@/i.test(toLiteral(template));
}

/**
 * Piece by piece, since a regular expression for all of it could be made to take for ever by what stands in a
 * `raw` block.
 */
function toLiteral(template: string): string {
  const opening = /\{[{%]/g;
  let literal = "";
  let at = 0;
  for (let match = opening.exec(template); match !== null; match = opening.exec(template)) {
    const end = template.indexOf(match[0] === "{{" ? "}}" : "%}", match.index + 2);
    if (end < 0) break;
    literal += template.slice(at, match.index);
    at = end + 2;
    opening.lastIndex = at;
  }
  return literal + template.slice(at);
}

/** RFC 7617, in UTF-8. */
export function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

/**
 * Percent-encoded UTF-8 (RFC 3629 section 4, roughly: what is no UTF-8 after all decodeURIComponent says).
 */
const ENCODED =
  /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}/gi;

/**
 * User info as it was written. The URL standard encodes what it must and leaves a `%` that encodes nothing
 * (`100% sure`): such a one, and bytes that are no UTF-8, are meant as they stand.
 */
function decode(text: string): string {
  return text.replace(ENCODED, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
