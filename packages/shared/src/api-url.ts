// The URL of an HTTP API of ours, as whoever calls it gives it: which are good, and whether a token travels
// in the open to it. Pure.

const WITHOUT_QUERY =
  "must be the URL of an API such as https://postrider.example.com, without a query or a fragment";

/**
 * The URL without a slash at its end, or what is wrong with it. The message never holds the URL itself, in
 * which credentials may stand.
 */
export function readApiUrl(text: string): { readonly url: string } | { readonly problem: string } {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    return { problem: "must be a URL such as https://postrider.example.com or http://127.0.0.1:8080" };
  const { username, password, search, hash, origin, pathname } = new URL(text);
  // Every tool that prints a URL would print them.
  if (username !== "" || password !== "")
    return { problem: "must hold no user or password; give the token as POSTRIDER_TOKEN" };
  if (search !== "" || hash !== "") return { problem: WITHOUT_QUERY };
  return { url: `${origin}${pathname}`.replace(/\/+$/, "") };
}

/** Whether others on the way could read what is sent there: plain HTTP to another machine. */
export function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "http:" &&
    hostname !== "localhost" &&
    !hostname.endsWith(".localhost") &&
    hostname !== "[::1]" &&
    !/^127(?:\.\d+){3}$/.test(hostname)
  );
}

/** What an `Authorization` header can carry; the message of one that breaks it must not show it. */
export const TOKEN_RULE = "must be a token as `postrider tokens create` prints it, without blanks";

export function isTokenText(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text);
}
