// Bearer tokens of the HTTP API: what one grants, and how it is told without being kept. The plain text is
// seen once, when it is made.

import { hash, randomBytes } from "node:crypto";
import { z } from "zod";
import { ACTION_ID } from "./action.ts";
import { isLaneName } from "./lanes.ts";

/** What a token may do. `manage` holds `read` and `enqueue`, `admin` holds all. */
export const SCOPES = ["enqueue", "read", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

const HELD: Readonly<Record<Scope, readonly Scope[]>> = {
  enqueue: ["enqueue"],
  read: ["read"],
  manage: ["manage", "read", "enqueue"],
  admin: SCOPES,
};

/** Whether scopes that were granted hold the one that is asked for. */
export function holdsScope(granted: readonly Scope[], asked: Scope): boolean {
  return granted.some((scope) => HELD[scope].includes(asked));
}

const NARROWED_MAX = 100;

/** What a token grants; the same wherever it comes from. */
export const grantSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/, "must be 1 to 50 of A-Z a-z 0-9 . _ -")
    .describe("What people call it; it stands in logs."),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1, "names no scope")
    .max(SCOPES.length)
    .describe("`manage` holds `read` and `enqueue`; `admin` holds all."),
  actions: z
    .array(z.string().regex(ACTION_ID, "is no id of an action"))
    .min(1, "is empty; leave it out for all actions")
    .max(NARROWED_MAX)
    .optional()
    .describe("The only actions that it reaches; absent: all."),
  lanes: z
    .array(z.string().refine(isLaneName, "is no shared lane's name"))
    .min(1, "is empty; leave it out for all lanes")
    .max(NARROWED_MAX)
    .optional()
    .describe("The only shared lanes that it reaches; absent: all."),
  expiresAt: z.iso
    .datetime({ offset: true, error: "must be a time such as 2027-01-31T00:00:00Z" })
    .optional()
    .describe("No longer valid from then on; absent: it never expires."),
});
export type Grant = z.output<typeof grantSchema>;

/** A grant with the digest of its token, by which the token is known. */
export interface KnownToken extends Grant {
  /** SHA-256 of the token, in hex. */
  readonly sha256: string;
}

export function digestToken(token: string): string {
  return hash("sha256", token, "hex");
}

/** 256 random bits: nobody guesses it, so that a plain SHA-256 of it may be kept. */
const TOKEN_BYTES = 32;
const ID_BYTES = 6;

/** A new token; its id stands in it, and may be shown. */
export function newToken(): { readonly id: string; readonly token: string } {
  const id = randomBytes(ID_BYTES).toString("hex");
  return { id, token: `prt_${id}_${randomBytes(TOKEN_BYTES).toString("base64url")}` };
}

/** The id that stands in a token of ours; null: it is none. */
export function tokenIdOf(token: string): string | null {
  return /^prt_([0-9a-f]{12})_[\w-]{43}$/.exec(token)?.[1] ?? null;
}

/** A token of one's own choice; what is shorter may be guessed. */
const OWN_CHARS_MIN = 32;

const givenSchema = z
  .array(
    grantSchema
      .extend({
        token: z
          .string()
          .min(OWN_CHARS_MIN, `must have ${OWN_CHARS_MIN} characters at least, and be random`)
          .max(1_000)
          .regex(/^[\w.~+/=-]+$/, "has characters that no bearer token may have")
          .optional(),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
          .optional(),
      })
      .refine(
        ({ token, sha256 }) => (token === undefined) !== (sha256 === undefined),
        "must have one of token and sha256",
      ),
  )
  .max(1_000);

/**
 * The tokens of a setting: a JSON array of grants, each with `token` or its `sha256`.
 * @returns the tokens by their digests, or what is wrong, without repeating any token.
 */
export function parseApiTokens(text: string): readonly KnownToken[] | { readonly problem: string } {
  if (text.trim() === "") return [];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // JSON.parse's message would repeat what stands there.
    return { problem: 'must be JSON such as [{"name":"crm","scopes":["enqueue"],"sha256":"…"}]' };
  }
  const parsed = givenSchema.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${(issue?.path ?? []).join(".")}: ${issue?.message ?? "is not valid"}` };
  }
  const tokens = parsed.data.map(({ token, sha256, ...grant }) => ({
    ...grant,
    sha256: sha256 ?? digestToken(token ?? ""),
  }));
  const names = tokens.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? tokens : { problem: `two tokens are called ${twice}` };
}
