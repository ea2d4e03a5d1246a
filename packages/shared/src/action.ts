// The action: the template of an HTTP request with its policies. One schema yields the type, the
// validation and the documentation. What the schema accepts is immutable once saved, as a version.

import { z } from "zod";
import { captureSchema } from "./capture.ts";
import { authSchema, findCredentialClash, secretName, signingSchema } from "./credentials.ts";
import { egressSchema } from "./egress.ts";
import { exampleSchema } from "./example.ts";
import { findRepeatedHeader, headerName, idempotencyHeaderName } from "./header-name.ts";
import { retrySchema } from "./retry.ts";
import { snippetsSchema } from "./snippet.ts";
import { OTHERWISE_DEFAULT, successSchema } from "./success.ts";
import { countTemplateChars, TEMPLATES_CHARS_MAX, template } from "./templates.ts";

const HEADERS_MAX = 100;
const FORM_PAIRS_MAX = 500;
/** Browsers stop at 20; a webhook that is sent on more than a few times is sent in a circle. */
const REDIRECTS_MAX = 5;
/** The slowest answer that anyone may ask a worker's slot to wait for. */
export const TIMEOUT_MS_MAX = 90_000;

const EXAMPLES_MAX = 100;

/** An action speaks to one destination; this is plenty, and bounds what a worker opens for it. */
const SECRETS_MAX = 50;

const pair = z.strictObject({ name: z.string().min(1, "is empty").max(1_000), value: template });

/** What a destination is granted, over all workers together. */
export const limitsSchema = z
  .strictObject({
    ratePerSecond: z.number().min(0.001).max(100_000).optional(),
    concurrency: z.int().min(1).max(10_000).optional(),
  })
  .refine((limits) => Object.keys(limits).length > 0, "must have ratePerSecond or concurrency");

export const ACTION_ID = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** What every saved version holds to. */
export const storedSchema = z
  .strictObject({
    id: z
      .string()
      .regex(
        ACTION_ID,
        "must be 1 to 100 of a-z, 0-9, dot, underscore, hyphen, and start with a letter or digit",
      )
      .describe("Name of the action; a change of content under the same id makes a new version."),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST").describe("HTTP method."),
    url: template
      .min(1, "is empty")
      .describe(
        "Liquid. May carry basic auth as `https://user:pass@host`, which becomes an Authorization header and is shown nowhere.",
      ),
    headers: z
      .array(pair.extend({ name: headerName }))
      .max(HEADERS_MAX)
      .default([])
      .describe(
        "Ordered list of `{name, value}`; values are Liquid. `Content-Type: application/json` is added where there is a body and none is given, and `User-Agent: Postrider/<version>` where none is.",
      ),
    body: template.optional().describe("Liquid. Not together with `form`."),
    form: z
      .array(pair)
      .min(1)
      .max(FORM_PAIRS_MAX)
      .optional()
      .describe(
        "Ordered list of `{name, value}` pairs, values Liquid, that Postrider encodes as application/x-www-form-urlencoded.",
      ),
    escaping: z
      .enum(["auto", "none"])
      .default("auto")
      .describe(
        "`auto`: values are escaped for the place they stand in, unless `| raw`; `none`: as they are.",
      ),
    missing: z
      .enum(["fail", "empty"])
      .default("fail")
      .describe("What an absent value does: fail the delivery, or print nothing."),
    snippets: snippetsSchema
      .optional()
      .describe(
        "Pieces of template by name, printed as `{{ snippets.name }}`; those of the store are added when the action is saved.",
      ),
    timeoutMs: z
      .int()
      .min(100)
      .max(TIMEOUT_MS_MAX)
      .default(16_000)
      .describe(
        "One total deadline per attempt, in ms: an access token, name resolution, connection, TLS, request and the whole answer, redirects and a repetition after a 401 included.",
      ),
    connectTimeoutMs: z
      .int()
      .min(50)
      .max(TIMEOUT_MS_MAX)
      .default(3_000)
      .describe("The share of it to get a connection, in ms."),
    secrets: z
      .array(secretName)
      .max(SECRETS_MAX)
      .default([])
      .describe(
        "Names of stored secrets that it may use, as `{{ secrets.NAME }}` in headers, in the URL's user info, in `auth` and `signing`.",
      ),
    secretsInBody: z
      .boolean()
      .default(false)
      .describe("Whether its secrets may stand in the body or form, too."),
    auth: authSchema
      .optional()
      .describe(
        "How it authenticates: `{basic: {username, password}}`, `{bearer: {token}}`, or `{oauth2: {tokenUrl, clientId, clientSecret, scope, audience, clientAuthentication}}` (client credentials).",
      ),
    signing: signingSchema
      .optional()
      .describe(
        "`{scheme, secrets}`; `standard-webhooks` (secrets `whsec_…` for HMAC, `whsk_…` for Ed25519) or `customerio`. Each secret gives a signature.",
      ),
    idempotencyHeader: idempotencyHeaderName
      .default("Idempotency-Key")
      .describe("Header that carries the delivery's id, such as `X-CIO-Idempotency-Key` or `webhook-id`."),
    redirects: z
      .int()
      .min(0)
      .max(REDIRECTS_MAX)
      .default(0)
      .describe(
        "How many redirects are followed, each through the guard; never from https to http. On another origin, headers that may carry credentials are left out.",
      ),
    egress: egressSchema
      .optional()
      .describe(
        "Where this action may send, narrower than the settings of the same names: `{allowNetworks, denyNetworks, allowHosts, allowPorts, httpsOnly}`.",
      ),
    retry: retrySchema
      .default("campaign")
      .describe("A preset's name, or `{attempts, baseMs, factor, maxMs, maxAgeMs, statuses}`."),
    success: successSchema
      .optional()
      .describe(
        `What a 2xx answer must also hold: \`{json, is | isNot | exists, otherwise}\`, or a list of these, such as \`{json: /ok, is: true, otherwise: 503}\`. What does not hold is judged as the status \`otherwise\` (${OTHERWISE_DEFAULT}: fails at once) would be (attempts.md).`,
      ),
    capture: captureSchema
      .optional()
      .describe(
        "What its deliveries' outcomes carry of the answer, by name: `{orderId: /order/id, etag: {header: ETag}, code: {status: true}}` (outcomes.md).",
      ),
    limits: limitsSchema
      .optional()
      .describe("`{ratePerSecond, concurrency}` for its destination, over all workers together."),
    examples: z
      .array(exampleSchema)
      .max(EXAMPLES_MAX)
      .optional()
      .describe(
        "Customers with what they must give, run by `postrider actions check` (composing.md); no part of a version.",
      ),
  })
  .refine((action) => countTemplateChars(action) <= TEMPLATES_CHARS_MAX, {
    path: ["body"],
    message: `is, together with the other templates and snippets, longer than ${TEMPLATES_CHARS_MAX} characters`,
  })
  .refine((action) => action.body === undefined || action.form === undefined, {
    path: ["form"],
    message: "cannot stand beside body: a request has one body",
  })
  .check(({ value, issues }) => {
    const clash = findCredentialClash(value);
    if (clash !== null) issues.push({ code: "custom", input: value, ...clash });
  });

/** What an action must hold to when it is saved: more than versions that are saved already. */
export const actionSchema = storedSchema.check(({ value, issues }) => {
  const repeated = findRepeatedHeader(value.headers);
  if (repeated !== null) issues.push({ code: "custom", input: value, ...repeated });
});

/** An action as saved: defaults filled in, and without its examples, which no delivery needs. */
export type Action = Omit<z.output<typeof actionSchema>, "examples">;
/** An action as written. */
export type ActionDocument = z.input<typeof actionSchema>;
