// How people name a destination.

/** The origin that a text names, such as `https://host:8443` for any URL there; null: it names none. */
export function toOrigin(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url.origin : null;
}
