// The body of a request: rendered, bounded, and checked to be what its content type says.

import { findBlankInForm } from "./blanks.ts";
import type { DeliveryFacts } from "./dialect/delivery-facts.ts";
import type { Syntax } from "./escape/find-places.ts";
import { encodeForm, joinPairs } from "./form.ts";
import { findJsonProblem } from "./json-check.ts";
import { describeOutput } from "./render/operands.ts";
import type { Scope, Template } from "./render/template.ts";
import { type Composed, toComposed, toFailure } from "./request.ts";

/** Customer data is bounded at 512 KiB; a body may hold them a few times over. */
const BODY_CHARS_MAX = 4_194_304;

interface NamedTemplate {
  readonly name: string;
  readonly template: Template;
}

export interface BodyParts {
  readonly body: Template | null;
  /** What the content type says that the body is. */
  readonly bodySyntax: Syntax;
  readonly form: readonly NamedTemplate[] | null;
}

/** The body that is sent, null where there is none, or why there is no request. */
export function composeBody(parts: BodyParts, scope: Scope, facts: DeliveryFacts): string | null | Composed {
  if (parts.form !== null) return composeForm(parts.form, scope, facts);
  if (parts.body === null) return null;
  const rendered = parts.body.render(scope, facts);
  if (!("text" in rendered)) return toComposed(rendered);
  const { text } = rendered;
  if (text.length > BODY_CHARS_MAX) return toTooLarge("body", text.length);
  if (parts.bodySyntax === "form") {
    const blank = rendered.blanks && findBlankInForm(text, rendered.blanks);
    return blank ? toFailure("value_missing", blank) : joinPairs(text);
  }
  return parts.bodySyntax === "json" ? (toJsonFailure(text, parts.body, scope, facts) ?? text) : text;
}

/** What is wrong with a text that must be JSON: where, and which value came last before that. */
function toJsonFailure(text: string, body: Template, scope: Scope, facts: DeliveryFacts): Composed | null {
  const problem = findJsonProblem(text);
  if (problem === null) return null;
  const { message, line, column, offset } = problem;
  const output = body.findOutputAt(offset, scope, facts);
  const cause = output === null ? "" : `; the last value before it is ${describeOutput(output)}`;
  return toFailure("body_invalid", { field: "body", message: message + cause, line, column });
}

/** What stands in the form is bounded before it is encoded, which takes nine times as much. */
function composeForm(form: readonly NamedTemplate[], scope: Scope, facts: DeliveryFacts): string | Composed {
  const pairs: (readonly [name: string, value: string])[] = [];
  let chars = 0;
  for (const { name, template } of form) {
    const rendered = template.render(scope, facts);
    if (!("text" in rendered)) return toComposed(rendered);
    chars += name.length + rendered.text.length + 2;
    if (chars > BODY_CHARS_MAX) return toTooLarge("form", chars);
    pairs.push([name, rendered.text]);
  }
  const text = pairs.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join("&");
  return text.length > BODY_CHARS_MAX ? toTooLarge("form", text.length) : text;
}

function toTooLarge(field: string, chars: number): Composed {
  return toFailure("request_too_large", {
    field,
    message: `is ${chars} characters or more; at most ${BODY_CHARS_MAX} are sent`,
  });
}
