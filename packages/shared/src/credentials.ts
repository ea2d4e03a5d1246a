// The part of an action that proves who sends: its secrets, its authentication, its signature. Their fields
// are Liquid that sees `secrets` alone.

import { z } from "zod";
import { userInfoOf } from "./user-info.ts";

/** Longer ones are no secrets; a certificate or a key in PEM fits. */
const CREDENTIAL_CHARS_MAX = 8_192;
const SIGNING_SECRETS_MAX = 10;

const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A name that can stand after `secrets.` in a template. */
export const secretName = z
  .string()
  .regex(SECRET_NAME, "must be 1 to 64 of A-Z a-z 0-9 _ and not start with a digit");

const credential = z.string().min(1, "is empty").max(CREDENTIAL_CHARS_MAX);

const basicSchema = z.strictObject({ username: z.string().max(CREDENTIAL_CHARS_MAX), password: credential });
const bearerSchema = z.strictObject({ token: credential });
const oauth2Schema = z.strictObject({
  tokenUrl: credential,
  clientId: credential,
  clientSecret: credential,
  scope: credential.optional(),
  audience: credential.optional(),
  clientAuthentication: z
    .enum(["basic", "body"], { error: "must be basic or body" })
    .default("basic")
    .describe("RFC 6749 section 2.3.1: where the client's id and secret stand in the request for a token."),
});

/** One way of authenticating. */
export const authSchema = z
  .strictObject({
    basic: basicSchema.optional(),
    bearer: bearerSchema.optional(),
    oauth2: oauth2Schema.optional(),
  })
  .refine((auth) => Object.values(auth).filter((field) => field !== undefined).length === 1, {
    message: "must have exactly one of basic, bearer, oauth2",
  });

export const SIGNING_SCHEMES = ["standard-webhooks", "customerio"] as const;
export type SigningScheme = (typeof SIGNING_SCHEMES)[number];

export const signingSchema = z
  .strictObject({
    scheme: z.enum(SIGNING_SCHEMES, { error: `must be one of ${SIGNING_SCHEMES.join(", ")}` }),
    secrets: z.array(credential).min(1, "names no secret").max(SIGNING_SECRETS_MAX),
  })
  .refine(({ scheme, secrets }) => scheme !== "customerio" || secrets.length === 1, {
    path: ["secrets"],
    message: "must be one secret: receivers of Customer.io's scheme read a single signature",
  });

/** The headers that a scheme writes. */
export const SIGNATURE_HEADERS: Readonly<Record<SigningScheme, readonly string[]>> = {
  "standard-webhooks": ["webhook-id", "webhook-timestamp", "webhook-signature"],
  customerio: ["X-CIO-Timestamp", "X-CIO-Signature"],
};

interface Credentialled {
  readonly url: string;
  readonly headers: readonly { readonly name: string }[];
  readonly auth?: z.output<typeof authSchema> | undefined;
  readonly signing?: z.output<typeof signingSchema> | undefined;
  readonly idempotencyHeader: string;
  readonly secretsInBody: boolean;
  readonly redirects: number;
}

/**
 * What the action gives and Postrider writes as well: receivers would see two, and trust either. And what
 * would give secrets away.
 */
export function findCredentialClash(
  action: Credentialled,
): { path: (string | number)[]; message: string } | null {
  const { url, headers, auth, redirects, secretsInBody } = action;
  if (redirects > 0 && secretsInBody)
    return {
      path: ["redirects"],
      message:
        "cannot stand beside secretsInBody: a redirect would send the secrets to whom the answer names",
    };
  if (auth !== undefined && userInfoOf(url) !== null)
    return {
      path: ["url"],
      message: "has user info, and auth is given as well; only one of them can be sent",
    };
  const written = writtenHeaders(action);
  const idempotencyHeader = action.idempotencyHeader.toLowerCase();
  const rival = written.get(idempotencyHeader);
  // Standard Webhooks' webhook-id is the delivery's id, and so may be both.
  if (rival !== undefined && idempotencyHeader !== "webhook-id")
    return { path: ["idempotencyHeader"], message: `is a header that ${rival} writes` };
  written.set(idempotencyHeader, "idempotencyHeader");
  const index = headers.findIndex(({ name }) => written.has(name.toLowerCase()));
  if (index < 0) return null;
  const writer = written.get(headers[index]?.name.toLowerCase() ?? "");
  return { path: ["headers", index, "name"], message: `is written by ${writer}, and cannot be given here` };
}

/** The headers that the credentials write, in lower case, and who writes them. */
function writtenHeaders({ url, auth, signing }: Credentialled): Map<string, string> {
  const names = signing === undefined ? [] : SIGNATURE_HEADERS[signing.scheme];
  const written = new Map(names.map((name) => [name.toLowerCase(), "signing"]));
  if (userInfoOf(url) !== null) written.set("authorization", "the URL's user info");
  if (auth !== undefined) written.set("authorization", "auth");
  return written;
}
