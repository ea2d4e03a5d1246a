// What will surprise the author of an action, although it can be saved: shown when it is applied, previewed
// or checked. Pure, and only about what is certain from the templates themselves.

import type { Action } from "@postrider/shared/action";
import type { Problem } from "@postrider/shared/errors";
import { suggest } from "@postrider/shared/suggest";
import { findByHandWarnings } from "./by-hand-warnings.ts";
import type { CompiledAction } from "./compile.ts";
import { findOutputs, findReadings, type PrintedValue } from "./describe.ts";
import { bodySyntaxOf, givenContentType, toSyntax } from "./headers.ts";
import { findJsonProblem } from "./json-check.ts";
import { findJsonWarnings } from "./json-warnings.ts";
import { findLooseJsonWarnings } from "./loose-json-warnings.ts";
import { findPairSurprises } from "./pair-warnings.ts";
import { findPieceWarnings } from "./piece-warnings.ts";
import { findCertainJsonProblem } from "./render/certain-json.ts";
import { findIgnoredArguments } from "./render/filter-arguments.ts";
import type { Spot } from "./render/operands.ts";
import { DATA_NAMES, SCOPE_NAMES } from "./scope.ts";
import { findFormSurprises, findLonePercent } from "./url-warnings.ts";

/** Everything that will surprise, in the order of the fields. */
export function findWarnings(compiled: CompiledAction): Problem[] {
  const outputs = findOutputs(compiled);
  const ofMeaning = findJsonWarnings(compiled);
  const told = new Set(ofMeaning.map(toSpot));
  return [
    ...ofMethod(compiled.action),
    ...ofContentType(compiled.action),
    ...ofTimeouts(compiled.action),
    ...ofNames(compiled),
    ...ofJson(compiled, outputs).filter((problem) => !told.has(toSpot(problem))),
    ...findByHandWarnings(compiled),
    ...findPieceWarnings(compiled),
    ...findLooseJsonWarnings(compiled),
    ...ofMeaning,
    ...findIgnoredArguments(compiled),
    ...findLonePercent(compiled),
    ...findPairSurprises(compiled),
    ...findFormSurprises(compiled.action),
  ];
}

function toSpot({ field, line, column }: Problem): string {
  return `${field} ${line} ${column}`;
}

function ofMethod({ method, body, form }: Action): Problem[] {
  if (method !== "GET" || (body === undefined && form === undefined)) return [];
  return [
    {
      field: "method",
      code: "get_with_body",
      message:
        "a GET with a body: many servers ignore the body or refuse the request; use POST, or put the values into the URL",
    },
  ];
}

function ofContentType(action: Action): Problem[] {
  const given = givenContentType(action);
  if (action.form === undefined || given === null || toSyntax(given) === "form") return [];
  return [
    {
      field: "form",
      code: "form_with_other_type",
      message: `is sent as application/x-www-form-urlencoded, but Content-Type says ${given}; leave the header out`,
    },
  ];
}

function ofTimeouts({ timeoutMs, connectTimeoutMs }: Action): Problem[] {
  if (connectTimeoutMs <= timeoutMs) return [];
  return [
    {
      field: "connectTimeoutMs",
      code: "timeout_never_reached",
      message: `${connectTimeoutMs} is longer than timeoutMs (${timeoutMs}), which ends the attempt first`,
    },
  ];
}

/** Names that no delivery has: with `missing: fail` every delivery would fail. */
function ofNames(compiled: CompiledAction): Problem[] {
  return findReadings(compiled).flatMap(({ names: [root], ...place }) => {
    if (DATA_NAMES.has(String(root))) return [];
    const meant = suggest(String(root), SCOPE_NAMES);
    const hint = meant === null ? `templates see ${SCOPE_NAMES.join(", ")}` : `did you mean ${meant}?`;
    return [{ ...place, code: "unknown_name", message: `nothing is called ${root}; ${hint}` }];
  });
}

/** The last filter of these makes a text for certain, whatever went in. */
const TEXT_MAKERS =
  /\|\s*(?:upcase|capitalize|titlecase|truncate|truncatewords|slugify|date_to_\w+|url_encode|cgi_escape|uri_escape|base64|base64_encode|base64_url_safe_encode|hex_base64|md5|sha1|sha256|hmac_sha1|hmac_sha256|array_to_sentence_string|join|pluralize)\b[^|]*$/;
/**
 * Attributes of which campaign tools say that they are texts; any other in lower case may be the TRUE of a
 * CSV.
 */
const TEXT_ATTRIBUTES =
  /^\{\{-?\s*customer\.(?:email|phone|first_name|last_name|name|timezone|cio_id)\s*(?:\|\s*downcase\s*)?-?\}\}$/;

function ofJson(compiled: CompiledAction, outputs: readonly PrintedValue[]): Problem[] {
  const { action, fields } = compiled;
  const body = fields.find(({ field }) => field === "body");
  const syntax = bodySyntaxOf(action);
  if (body === undefined || syntax !== "json") return [];
  const { nodes } = body.template;
  const problem =
    nodes.length === 0
      ? findJsonProblem(action.body ?? "")
      : findCertainJsonProblem(nodes, action.escaping === "auto", findJsonProblem);
  if (problem !== null) return [toNeverJson(problem)];
  if (action.escaping === "none") return ofPlainJson(outputs);
  return outputs
    .filter(
      ({ place, expression }) =>
        place === "json-value" && (TEXT_MAKERS.test(inside(expression)) || TEXT_ATTRIBUTES.test(expression)),
    )
    .map(({ field, line, column, expression }) => ({
      field,
      line,
      column,
      code: "text_outside_quotes",
      message: `${expression} is a text outside quotes: one that reads as a number, true, false or null is sent as such; put quotes around it`,
    }));
}

function toNeverJson({
  line,
  column,
  message,
  file = "body",
}: Spot & { message: string; file?: string | undefined }): Problem {
  return {
    field: file,
    line,
    column,
    code: "never_json",
    message: `can never be the JSON that its content type promises: ${message}; mend it, or give another Content-Type (text/plain, x-www-form-urlencoded, …)`,
  };
}

function inside(expression: string): string {
  return expression.replace(/^\{\{-?|-?\}\}$/g, "");
}

/** Without escaping, an attribute's own quote mark ends the JSON. */
function ofPlainJson(outputs: readonly PrintedValue[]): Problem[] {
  const first = outputs.find(
    ({ field, expression }) =>
      field === "body" && !/\|\s*(?:json|to_json|jsonify)\b[^|]*$/.test(inside(expression)),
  );
  if (first === undefined) return [];
  const { field, line, column, expression } = first;
  return [
    {
      field,
      line,
      column,
      code: "not_escaped",
      message: `${expression} is not escaped (escaping: none): a quote mark or line break in it breaks the JSON, and the delivery fails; use | json`,
    },
  ];
}
