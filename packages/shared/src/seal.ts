// Sealing: what lies in Redis and must not be read there, encrypted under the operator's keys. A sealed text
// names its key, so that several keys open what earlier ones sealed; it is bound to its place, so that moved
// elsewhere it does not open.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { PostriderError } from "./errors.ts";

/**
 * One of the operator's keys. A KeyObject prints and serializes as nothing, wherever settings should end up.
 */
export interface SecretKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The first one seals, all of them open. */
export type SecretKeys = readonly SecretKey[];

const KEY_ID = /^[A-Za-z0-9_-]{1,16}$/;
/** AES-256. */
const KEY_BYTES = 32;

/**
 * Keys as `id:base64` pairs separated by commas, base64 of 32 bytes each.
 * @returns the keys, or what is wrong; never any part of a key.
 */
export function parseSecretKeys(text: string): SecretKeys | { readonly problem: string } {
  const keys: SecretKey[] = [];
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  for (const [index, entry] of entries.entries()) {
    const at = entry.indexOf(":");
    const id = entry.slice(0, Math.max(0, at)).trim();
    const bytes = Buffer.from(entry.slice(at + 1).trim(), "base64");
    const place = `key ${index + 1} of ${entries.length}`;
    if (!KEY_ID.test(id))
      return { problem: `${place} must look like k1:BASE64, its id 1 to 16 of A-Z a-z 0-9 _ -` };
    if (bytes.length !== KEY_BYTES)
      return {
        problem: `${place} has ${bytes.length} bytes; it must be base64 of ${KEY_BYTES} random bytes (openssl rand -base64 ${KEY_BYTES})`,
      };
    if (keys.some((known) => known.id === id)) return { problem: `${place} has an id that another key has` };
    keys.push({ id, key: createSecretKey(bytes) });
  }
  return keys;
}

export type Opened = { readonly text: string } | { readonly problem: string };

export interface Sealer {
  /** Whether there is a key to seal with. */
  readonly canSeal: boolean;
  /** Seals a text for a place. @throws PostriderError `key_missing` without a key. */
  seal(text: string, place: string): string;
  /** What was sealed for this place, or why it stays closed. */
  open(sealed: string, place: string): Opened;
  /** The id of the key that opens a sealed text. */
  keyIdOf(sealed: string): string;
  /** Whether the first key has sealed it. */
  isFresh(sealed: string): boolean;
  /** A name for something secret: the same for the same text and first key, and of no use without the key. */
  digest(text: string): string;
}

const VERSION = "s1";
const SALT_BYTES = 16;
/** NIST SP 800-38D, section 8.2: 96 bits. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/**
 * Random nonces are safe for 2^32 messages under one key (NIST SP 800-38D, section 8.3), which sealed
 * customers reach within days. So each process seals under a key of its own, derived with a random salt, and
 * draws a new one long before.
 */
const SEALED_PER_SALT_MAX = 2 ** 24;
/** Keys derived for opening that are kept: one for each process that has sealed lately. */
const DERIVED_MAX = 1_000;

/** A sealer for these keys; without any it opens nothing and refuses to seal. */
export function createSealer(keys: SecretKeys): Sealer {
  const [first] = keys;
  const derived = new Map<string, Buffer>();
  let salt = randomBytes(SALT_BYTES);
  let sealed = 0;

  const derive = ({ id, key }: SecretKey, from: Buffer): Buffer => {
    const name = `${id} ${from.toString("base64")}`;
    const known = derived.get(name);
    if (known !== undefined) return known;
    const made = Buffer.from(hkdfSync("sha256", key, from, "postrider seal 1", KEY_BYTES));
    // The oldest goes: salts come with processes, and the living ones are derived again when they are met.
    if (derived.size >= DERIVED_MAX) derived.delete(derived.keys().next().value ?? "");
    derived.set(name, made);
    return made;
  };
  const requireFirst = (): SecretKey => {
    if (first !== undefined) return first;
    throw new PostriderError("key_missing", "POSTRIDER_SECRET_KEYS is not set, so nothing can be sealed");
  };

  return {
    canSeal: first !== undefined,
    seal(text, place) {
      const key = requireFirst();
      if (sealed++ >= SEALED_PER_SALT_MAX) {
        salt = randomBytes(SALT_BYTES);
        sealed = 1;
      }
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", derive(key, salt), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(place));
      const body = Buffer.concat([salt, nonce, cipher.update(text, "utf8"), cipher.final()]);
      return `${VERSION}.${key.id}.${Buffer.concat([body, cipher.getAuthTag()]).toString("base64url")}`;
    },
    open(text, place) {
      const [version, id, body = ""] = text.split(".");
      const key = keys.find((known) => known.id === id);
      if (version !== VERSION) return { problem: "was sealed by another version of Postrider" };
      if (key === undefined)
        return { problem: `is sealed under the key ${id}, which POSTRIDER_SECRET_KEYS does not have` };
      return decrypt(Buffer.from(body, "base64url"), (from) => derive(key, from), place);
    },
    keyIdOf: (text) => text.split(".")[1] ?? "",
    isFresh: (text) => text.startsWith(`${VERSION}.${first?.id}.`),
    digest(text) {
      const key = derive(requireFirst(), Buffer.alloc(SALT_BYTES));
      return createHmac("sha256", key).update(text).digest("base64url");
    },
  };
}

function decrypt(bytes: Buffer, derive: (salt: Buffer) => Buffer, place: string): Opened {
  if (bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES) return { problem: "is cut short" };
  const nonceAt = SALT_BYTES;
  const textAt = nonceAt + NONCE_BYTES;
  const tagAt = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(
    "aes-256-gcm",
    derive(bytes.subarray(0, nonceAt)),
    bytes.subarray(nonceAt, textAt),
    { authTagLength: TAG_BYTES },
  );
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(tagAt));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(textAt, tagAt)), decipher.final()]);
    return { text: text.toString("utf8") };
  } catch {
    // OpenSSL says no more than that the tag does not fit.
    return {
      problem: "does not open: it was altered, comes from elsewhere, or the key of that id is another one",
    };
  }
}
