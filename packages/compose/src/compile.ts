// From an action to what composes its requests. Everything that does not depend on the customer is done here,
// once. Pure: the same action, delivery id and data always give the same request.

import type { Action } from "@postrider/shared/action";
import { MASK } from "@postrider/shared/credential-names";
import { DELIVERY_BYTES_MAX } from "@postrider/shared/delivery";
import { describeProblems, PostriderError, type Problem } from "@postrider/shared/errors";
import { holdsCredential } from "@postrider/shared/mask";
import { findBlankInUrl } from "./blanks.ts";
import { type BodyParts, composeBody } from "./body.ts";
import {
  type CompiledCredentials,
  compileCredentials,
  type RenderCredentials,
} from "./compile-credentials.ts";
import { cheapUpTo } from "./cost/cost.ts";
import { isSizeAtMost } from "./cost/data-size.ts";
import type { DeliveryFacts } from "./dialect/delivery-facts.ts";
import { createDialect } from "./dialect/dialect.ts";

import type { Syntax } from "./escape/find-places.ts";
import {
  beginsWithBreak,
  bodySyntaxOf,
  expandContentType,
  findHeaderBlockProblem,
  findHeaderProblem,
  givenContentType,
  toDefaultHeaders,
  trimHeader,
} from "./headers.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "./limits.ts";
import { compileTemplate, type Scope, type Template, toConstant } from "./render/template.ts";

import { type Composed, toComposed, toFailure } from "./request.ts";
import { checkSecrets, grantSecrets, usesSecrets } from "./secret-grants.ts";
import { parseUrl, type SendableUrl } from "./url.ts";

export interface CompiledAction {
  readonly action: Action;
  /** The templates, by the names of their fields. */
  readonly fields: readonly CompiledField[];
  /** Headers, in lower case, whose values are made of secrets. */
  readonly secretHeaders: ReadonlySet<string>;
  /** Authentication and signature, which stand in no composed request; null where the action has neither. */
  readonly renderCredentials: RenderCredentials | null;
  /** The templates of these. */
  readonly credentialFields: readonly CompiledField[];
  /**
   * Whether composing with these data is provably cheap. What is not must be composed where it can be
   * stopped, so that it does not hold up everything around it.
   */
  isCheapFor(scope: Scope): boolean;
  /** The request for one delivery, or why there is none. */
  compose(facts: DeliveryFacts, scope: Scope): Composed;
}

export interface CompiledField {
  /** Path into the action, such as `headers[1].value`. */
  readonly field: string;
  readonly template: Template;
}

interface Pair extends CompiledField {
  readonly name: string;
}

/**
 * Compiles an action.
 * @param limits what its compositions may cost; lowered by tests alone.
 * @throws PostriderError `action_invalid` with every template problem at once.
 */
export function compileAction(action: Action, limits: ComposeLimits = COMPOSE_LIMITS): CompiledAction {
  const parts = compileParts(action, limits);
  const fields = fieldsOf(parts);
  const cheapSize = cheapUpTo(
    fields.map(({ template }) => template.nodes),
    limits,
  );
  const isUrlSecret = holdsCredential("url", action);
  return {
    action,
    fields,
    secretHeaders: findSecretHeaders(parts.headers),
    renderCredentials: parts.credentials?.render ?? null,
    credentialFields: parts.credentials?.fields ?? [],
    isCheapFor: (scope) => cheapSize >= DELIVERY_BYTES_MAX || isSizeAtMost(scope, cheapSize),
    compose(facts, scope) {
      const parsed = composeUrl(parts.url, action, isUrlSecret, scope, facts);
      if ("kind" in parsed) return parsed;
      const added = [action.idempotencyHeader, facts.key ?? facts.id];
      if (parsed.authorization !== null) added.unshift("Authorization", parsed.authorization);
      const headers = composeHeaders(parts, scope, facts, added);
      if ("kind" in headers) return headers;

      const body = composeBody(parts, scope, facts);
      if (body !== null && typeof body === "object") return body;
      return {
        kind: "request",
        request: { method: action.method, origin: parsed.origin, path: parsed.path, headers, body },
      };
    },
  };
}

/** How values are escaped is decided when the action is saved, by what the body is. */
const CONTENT_TYPE_VARIES: Problem = {
  field: "headers",
  message:
    "have a Content-Type with Liquid in it; write the type out, since values in the body are escaped for it, and save an action for each type",
};

interface Parts extends BodyParts {
  readonly url: Template;
  readonly headers: readonly Pair[];
  readonly form: readonly Pair[] | null;
  /** Names and values in turn, of what the action itself does not give. */
  readonly defaultHeaders: readonly string[];
  readonly credentials: CompiledCredentials | null;
}

/** @throws PostriderError `action_invalid` where templates have problems. */
export function refuseWith(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new PostriderError(
    "action_invalid",
    `the action's templates are not valid:\n${describeProblems(problems)}`,
    { problems },
  );
}

function compileParts(action: Action, limits: ComposeLimits): Parts {
  const problems: Problem[] = [];
  const compile = (field: string, source: string, syntax: Syntax): Template => {
    const { snippets = {} } = action;
    const liquid = createDialect({ failOnMissing: action.missing === "fail", field, snippets, limits });
    const compiled = compileTemplate(liquid, field, source, {
      syntax: action.escaping === "auto" ? syntax : "plain",
      snippets,
      isUrl: field === "url",
      notesBlanks: field === "url" || (field === "body" && syntax === "form"),
      limits,
    });
    if ("render" in compiled) {
      problems.push(...checkSecrets(field, compiled, action));
      return grantSecrets(compiled, action);
    }
    problems.push(withoutCredential(compiled.problem, action));
    return toConstant("");
  };
  const compilePairs = (list: string, pairs: readonly { name: string; value: string }[]): Pair[] =>
    pairs.map(({ name, value }, index) => {
      const field = `${list}[${index}].value`;
      return { field, name, template: compile(field, value, "plain") };
    });

  const given = givenContentType(action);
  const bodySyntax = bodySyntaxOf(action);
  if (given !== null && /\{\{|\{%/.test(given)) problems.push(CONTENT_TYPE_VARIES);
  const url = compile("url", action.url, "url");
  const headers = compilePairs("headers", action.headers.map(expandContentType));
  const body = action.body === undefined ? null : compile("body", action.body, bodySyntax);
  const form = action.form === undefined ? null : compilePairs("form", action.form);
  const credentials = compileCredentials(action, problems, limits);
  refuseWith(problems);
  return {
    url,
    headers,
    body,
    bodySyntax,
    form,
    defaultHeaders: toDefaultHeaders(action),
    credentials,
  };
}

function fieldsOf({ url, headers, body, form }: Parts): CompiledField[] {
  return [
    { field: "url", template: url },
    ...headers,
    ...(form ?? []),
    ...(body === null ? [] : [{ field: "body", template: body }]),
  ];
}

/** liquidjs repeats in quotation marks what it cannot read. */
function withoutCredential(problem: Problem, action: Action): Problem {
  if (!holdsCredential(problem.field, action)) return problem;
  return { ...problem, message: problem.message.replace(/".*"/s, `"${MASK}"`) };
}

function findSecretHeaders(headers: readonly Pair[]): Set<string> {
  return new Set(
    headers.filter(({ template }) => usesSecrets(template)).map(({ name }) => name.toLowerCase()),
  );
}

function composeUrl(
  template: Template,
  action: Action,
  isSecret: boolean,
  scope: Scope,
  facts: DeliveryFacts,
): Composed | SendableUrl {
  const url = template.render(scope, facts);
  if (!("text" in url)) return toComposed(url);
  const parsed = parseUrl(url.text, action.url);
  if ("problem" in parsed) return toFailure(parsed.reason, { field: "url", message: parsed.problem });
  const blank = url.blanks && findBlankInUrl(url.text, url.blanks, "url", isSecret);
  return blank ? toFailure("value_missing", blank) : parsed;
}

/** The action's headers, and behind them those that are added. */
function composeHeaders(
  parts: Parts,
  scope: Scope,
  facts: DeliveryFacts,
  added: readonly string[],
): string[] | Composed {
  const headers = [...parts.defaultHeaders];
  for (const { field, name, template } of parts.headers) {
    const rendered = template.render(scope, facts);
    if (!("text" in rendered)) return toComposed(rendered);
    // A break at the start that a value brings in was meant for what follows it.
    const isBroken = beginsWithBreak(rendered.text) && template.findOutputAt(0, scope, facts) !== null;
    const value = isBroken ? rendered.text : trimHeader(rendered.text);
    const problem = findHeaderProblem(value);
    if (problem !== null) return toFailure("header_invalid", { field, message: problem });
    headers.push(name, value);
  }
  headers.push(...added);
  const tooLarge = findHeaderBlockProblem(headers);
  if (tooLarge !== null) return toFailure("request_too_large", { field: "headers", message: tooLarge });
  return headers;
}
