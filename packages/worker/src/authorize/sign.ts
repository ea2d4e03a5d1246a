// Signatures over the exact bytes that are sent. Pure except for the keys, which are made ready once:
// https://www.standardwebhooks.com (specification 1.0) and Customer.io's scheme.

import { createHmac, createPrivateKey, createSecretKey, type KeyObject, sign as signWith } from "node:crypto";
import type { SigningScheme } from "@postrider/shared/credentials";

/** What one attempt signs. */
export interface Signed {
  /** The delivery's id: the same at every attempt, and no customer's to choose. */
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers of a signature, names and values in turn. */
export type Signer = (signed: Signed) => string[];

/** One entry of a signature's list. */
type SignEntry = (content: { readonly prefix: string; readonly body: string }) => string;

/**
 * Makes ready what signs under every secret.
 * @returns the signer, or which secret is of no use and why; never any part of it.
 */
export function createSigner(
  scheme: SigningScheme,
  secrets: readonly string[],
): Signer | { readonly index: number; readonly problem: string } {
  return scheme === "standard-webhooks" ? createStandard(secrets) : createCustomerIo(secrets);
}

function createStandard(secrets: readonly string[]): ReturnType<typeof createSigner> {
  const entries: SignEntry[] = [];
  for (const [index, secret] of secrets.entries()) {
    const entry = secret.startsWith("whsk_") ? toEd25519(secret) : toHmac(secret);
    if (typeof entry === "string") return { index, problem: entry };
    entries.push(entry);
  }
  return ({ id, timestamp, body }) => {
    const content = { prefix: `${id}.${timestamp}.`, body };
    const signature = entries.map((sign) => sign(content)).join(" ");
    return ["webhook-id", id, "webhook-timestamp", String(timestamp), "webhook-signature", signature];
  };
}

/** The specification's bounds of a symmetric key. */
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;
const HMAC_FORM = `must be whsec_ and base64 of ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} bytes, or whsk_ and an Ed25519 key`;

function toHmac(secret: string): SignEntry | string {
  const [, prefix = "whsec_", key64 = ""] = /^(wh[a-z0-9]+_)?(.*)$/s.exec(secret) ?? [];
  // Such as whpk_, the public half of an Ed25519 key: what everybody knows signs nothing.
  if (prefix !== "whsec_") return `begins with ${prefix}, which no signing secret does; ${HMAC_FORM}`;
  const bytes = decodeBase64(key64);
  if (bytes === null || bytes.length < KEY_BYTES_MIN || bytes.length > KEY_BYTES_MAX) return HMAC_FORM;
  const key = createSecretKey(bytes);
  return ({ prefix, body }) =>
    `v1,${createHmac("sha256", key).update(prefix).update(body, "utf8").digest("base64")}`;
}

/** RFC 8410 section 7: what stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;
/** libsodium's form: the public key stands behind the seed. */
const SEED_AND_PUBLIC_BYTES = 64;

function toEd25519(secret: string): SignEntry | string {
  const bytes = decodeBase64(secret.slice("whsk_".length));
  if (bytes === null || (bytes.length !== SEED_BYTES && bytes.length !== SEED_AND_PUBLIC_BYTES))
    return `must be whsk_ and base64 of an Ed25519 private key (${SEED_BYTES} or ${SEED_AND_PUBLIC_BYTES} bytes)`;
  const seed = bytes.subarray(0, SEED_BYTES);
  const key: KeyObject = createPrivateKey({
    key: Buffer.concat([PKCS8, seed]),
    format: "der",
    type: "pkcs8",
  });
  return ({ prefix, body }) => `v1a,${signWith(null, Buffer.from(prefix + body), key).toString("base64")}`;
}

/**
 * RFC 4648 section 4, padding included. Node's decoder takes anything; a mistyped secret must not become
 * another one, and a receiver's decoder must read the same bytes in it.
 */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

/**
 * `X-CIO-Signature`: hex HMAC-SHA256 of `v0:timestamp:body`, under the one secret that the scheme has room
 * for.
 */
function createCustomerIo([first = ""]: readonly string[]): Signer {
  const key = createSecretKey(Buffer.from(first, "utf8"));
  return ({ timestamp, body }) => {
    const signature = createHmac("sha256", key).update(`v0:${timestamp}:`).update(body, "utf8").digest("hex");
    return ["X-CIO-Timestamp", String(timestamp), "X-CIO-Signature", signature];
  };
}
