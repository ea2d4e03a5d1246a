// What the action says of authentication and signing, as templates that see secrets and nothing else. They
// depend on no customer, so they are rendered when a secret changes, not for each delivery.

import type { Action } from "@postrider/shared/action";
import type { SigningScheme } from "@postrider/shared/credentials";
import { DELIVERY_BYTES_MAX } from "@postrider/shared/delivery";
import type { Problem } from "@postrider/shared/errors";
import { findBlankInUrl } from "./blanks.ts";
import { cheapUpTo } from "./cost/cost.ts";
import { createDialect } from "./dialect/dialect.ts";
import { findHeaderProblem, trimHeader } from "./headers.ts";
import type { ComposeLimits } from "./limits.ts";
import { findSecretUses } from "./render/secret-uses.ts";
import { compileTemplate, type Template } from "./render/template.ts";
import { checkSecrets, type Secrets } from "./secret-grants.ts";
import { parseUrl, toBasic } from "./url.ts";

/** The client that fetches tokens (RFC 6749 section 4.4). */
export interface OAuthClient {
  readonly tokenUrl: { readonly origin: string; readonly path: string };
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
  readonly audience: string | null;
  readonly clientAuthentication: "basic" | "body";
}

export interface Credentials {
  /** The Authorization header's value, the client that gets it, or null. */
  readonly auth: string | OAuthClient | null;
  readonly signing: { readonly scheme: SigningScheme; readonly secrets: readonly string[] } | null;
}

export type RenderedCredentials = Credentials | { readonly problem: Problem };

/** Gives the credentials for opened secrets. The message of a problem holds no secret. */
export type RenderCredentials = (secrets: Secrets) => RenderedCredentials;

type Texts = ReadonlyMap<string, string>;

export interface CompiledCredentials {
  readonly render: RenderCredentials;
  readonly fields: readonly { readonly field: string; readonly template: Template }[];
}

/**
 * Compiles auth and signing.
 * @returns null where the action has neither; problems are added to the list.
 */
export function compileCredentials(
  action: Action,
  problems: Problem[],
  limits: ComposeLimits,
): CompiledCredentials | null {
  const sources = fieldsOf(action);
  if (sources.size === 0) return null;
  const templates = new Map<string, Template>();
  for (const [field, source] of sources) {
    const template = compileField(field, source, action, limits);
    if (Array.isArray(template)) problems.push(...template);
    else templates.set(field, template);
  }
  const render: RenderCredentials = (secrets) => {
    const texts = new Map<string, string>();
    for (const [field, template] of templates) {
      const rendered = template.render({ secrets }, NO_DELIVERY);
      if (!("text" in rendered)) return { problem: { field, message: "could not be rendered" } };
      const blank = rendered.blanks && findBlankInUrl(rendered.text, rendered.blanks, field, true);
      if (blank) return { problem: blank };
      texts.set(field, rendered.text);
    }
    return assemble(action, texts);
  };
  return { render, fields: [...templates].map(([field, template]) => ({ field, template })) };
}

/** Chance and time have no place in a credential; what draws them draws the same each time. */
const NO_DELIVERY = { id: "", dueAt: 0 };

/** The templates of auth and signing by their place in the action. */
function fieldsOf({ auth, signing }: Action): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [scheme, texts] of Object.entries(auth ?? {}))
    for (const [name, text] of Object.entries(texts ?? {}))
      if (typeof text === "string") fields.set(`auth.${scheme}.${name}`, text);
  for (const [index, text] of (signing?.secrets ?? []).entries())
    fields.set(`signing.secrets[${index}]`, text);
  return fields;
}

function compileField(
  field: string,
  source: string,
  action: Action,
  limits: ComposeLimits,
): Template | Problem[] {
  const liquid = createDialect({ failOnMissing: true, field, limits });
  const isUrl = field === "auth.oauth2.tokenUrl";
  // A YAML block ends in a line break, which nobody means as the end of a password or key; one that a secret
  // ends in stays.
  const text = source.replace(/\r?\n$/, "");
  const template = compileTemplate(liquid, field, text, {
    syntax: isUrl ? "url" : "plain",
    notesBlanks: isUrl,
    limits,
  });
  if (!("render" in template)) return [template.problem];
  const problems = [...checkSecrets(field, template, action)];
  const [other] = findSecretUses(field, template.nodes).others;
  // Rendered here and now in a process that has other work to do, so it has to be cheap for whatever secrets
  // there are.
  if (cheapUpTo([template.nodes], limits) < DELIVERY_BYTES_MAX)
    problems.push({ field, message: "takes too much to render" });
  if (other !== undefined)
    problems.push({
      field,
      message: `uses ${other}; only secrets can stand here, the same for all customers`,
    });
  return problems.length > 0 ? problems : template;
}

function assemble({ auth, signing }: Action, texts: Texts): RenderedCredentials {
  const read = (field: string): string => texts.get(field) ?? "";
  const signer =
    signing === undefined
      ? null
      : {
          scheme: signing.scheme,
          secrets: signing.secrets.map((_, index) => read(`signing.secrets[${index}]`)),
        };
  if (auth === undefined) return { auth: null, signing: signer };
  if (auth.basic !== undefined) {
    const username = read("auth.basic.username");
    // RFC 7617 section 2: the first colon ends the username.
    if (username.includes(":"))
      return {
        problem: { field: "auth.basic.username", message: "has a colon, which no username can have" },
      };
    return { auth: toBasic(username, read("auth.basic.password")), signing: signer };
  }
  if (auth.bearer !== undefined) {
    const value = `Bearer ${trimHeader(read("auth.bearer.token"))}`;
    const problem = findHeaderProblem(value);
    if (problem !== null) return { problem: { field: "auth.bearer.token", message: problem } };
    return { auth: value, signing: signer };
  }
  const url = parseUrl(read("auth.oauth2.tokenUrl"));
  if ("problem" in url) return { problem: { field: "auth.oauth2.tokenUrl", message: url.problem } };
  return {
    auth: {
      tokenUrl: { origin: url.origin, path: url.path },
      clientId: read("auth.oauth2.clientId"),
      clientSecret: read("auth.oauth2.clientSecret"),
      scope: texts.get("auth.oauth2.scope") ?? null,
      audience: texts.get("auth.oauth2.audience") ?? null,
      clientAuthentication: auth.oauth2?.clientAuthentication ?? "basic",
    },
    signing: signer,
  };
}
