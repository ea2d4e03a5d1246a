// From a rendered URL to origin, path and credentials. The origin is where the connection goes; nothing else decides that.

/** Longer ones are refused by common servers (8 KiB request lines), so they could never succeed. */
export const URL_CHARS_MAX = 8_000;

const DOT_SEGMENT = /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

export type ParsedUrl =
  | { readonly origin: string; readonly path: string; readonly authorization: string | null }
  | { readonly problem: string };

/** WHATWG URL rules, http and https only. User info becomes a Basic credential (RFC 7617) and leaves the URL. */
export function parseUrl(text: string): ParsedUrl {
  if (text.length > URL_CHARS_MAX) return { problem: `is longer than ${URL_CHARS_MAX} characters` };
  // The URL standard resolves these, encoded or not, and so they would lead to another path than the template's.
  if (DOT_SEGMENT.test(text))
    return { problem: "has a path segment . or .., which would lead to another path" };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: "is not a URL; it must look like https://host/path" };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { problem: `has the scheme ${url.protocol.slice(0, -1)}; only http and https are sent` };
  }
  const authorization =
    url.username === "" && url.password === "" ? null : toBasic(url.username, url.password);
  return { origin: url.origin, path: url.pathname + url.search, authorization };
}

function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`, "utf8").toString("base64")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoding after all (`50%`): the characters are meant as they stand.
    return text;
  }
}
