// Where the reader is: the part of the address behind `#`, which holds all state that a link should carry.
// It never leaves the browser, so that no customer's id gets into the log of a proxy.

import { signal } from "@preact/signals";

export type Query = Readonly<Record<string, string>>;

export interface Address {
  /** Such as `["runs", "spring"]`; empty: home. */
  readonly path: readonly string[];
  readonly query: Query;
}

export const address = signal<Address>(parseAddress(location.hash));

addEventListener("hashchange", () => {
  address.value = parseAddress(location.hash);
});

/** @param hash such as `#/runs/spring?state=waiting`. */
export function parseAddress(hash: string): Address {
  const [, path = "", query = ""] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Of a link; what is empty is left out of the query. */
export function toHref(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") asked.append(name, value);
  const text = asked.toString();
  return `#/${path.map(encode).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function go(href: string): void {
  location.hash = href;
}

/** Changes the query alone, as a step that the back button undoes; null takes a name out. */
export function changeQuery(changes: Readonly<Record<string, string | null>>): void {
  const { path, query } = address.value;
  const changed = Object.fromEntries(
    Object.entries({ ...query, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  go(toHref(path, changed));
}

/** A lone half of a surrogate pair, which no URL can hold, becomes U+FFFD. */
function encode(part: string): string {
  return encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\ufffd"));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
