// Credentials in a URL, before its host.

/** A URL template around its user info; null where it has none. */
export function userInfoOf(url: string): { before: string; userInfo: string; after: string } | null {
  // Liquid may hold any character, so it is blanked out while the places are looked for.
  const plain = url.replace(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g, (liquid) => "x".repeat(liquid.length));
  // The URL standard reads `https:user:pass@host` and backslashes in the same way.
  const start = /^\s*[a-z][a-z0-9+.-]*:[/\\]*/i.exec(plain)?.[0].length;
  if (start === undefined) return null;
  const length = plain.slice(start).search(/[/\\?#]/);
  const authority = length < 0 ? plain.slice(start) : plain.slice(start, start + length);
  const at = authority.lastIndexOf("@");
  if (at < 0) return null;
  return {
    before: url.slice(0, start),
    userInfo: url.slice(start, start + at),
    after: url.slice(start + at + 1),
  };
}
