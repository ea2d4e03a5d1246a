// Keys for POSTRIDER_SECRET_KEYS, new ones for each test.

import { randomBytes } from "node:crypto";

/** `id:base64` of a new key. */
export function newKey(id: string): string {
  return `${id}:${randomBytes(32).toString("base64")}`;
}
