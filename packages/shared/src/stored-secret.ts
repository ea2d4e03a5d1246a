// A secret as it lies in Redis: when it was set, and its value, sealed and bound to its name.

import type { Opened, Sealer } from "./seal.ts";

const place = (name: string): string => `secret ${name}`;

/** The text to store. @throws PostriderError `key_missing`. */
export function toStoredSecret(name: string, value: string, setAt: number, sealer: Sealer): string {
  return `${setAt} ${sealer.seal(value, place(name))}`;
}

/** When it was set (Unix ms), and what is sealed. */
export function readStoredSecret(stored: string): { readonly setAt: number; readonly sealed: string } {
  const at = stored.indexOf(" ");
  return { setAt: Number(stored.slice(0, at)), sealed: stored.slice(at + 1) };
}

/** Its value, or why it stays closed. */
export function openStoredSecret(name: string, stored: string, sealer: Sealer): Opened {
  return sealer.open(readStoredSecret(stored).sealed, place(name));
}
