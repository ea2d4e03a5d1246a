// Whether a 2xx answer is the success that its action asks for, for APIs that say 200 and mean no. Pure.
// Success has to be shown: what cannot be read breaks the rule as well.

import { type Success, type SuccessRule, toSuccessRules } from "@postrider/shared/success";
import { type Finding, type Reply, STOPPED } from "../attempt.ts";

/** Of a value in a message; more of it stands in the body. */
const VALUE_CHARS_MAX = 100;

/**
 * The finding, with the status that stands for a 2xx whose answer does not hold; by the first rule that does
 * not.
 */
export function checkSuccess<F extends Finding>(
  finding: F,
  success: Success | undefined,
): F | Extract<Finding, { kind: "interrupted" }> {
  if (success === undefined || finding.kind !== "reply") return finding;
  if (finding.status < 200 || finding.status > 299) return finding;
  // The rest of the answer was not waited for, so that nobody knows what it would have said.
  if (finding.trouble === STOPPED) return { kind: "interrupted" };
  const [first, ...others] = toSuccessRules(success);
  if (first === undefined) return finding;
  const read = readJson(finding);
  if ("problem" in read) return { ...finding, judged: { as: first.otherwise, message: read.problem } };
  for (const rule of [first, ...others]) {
    const message = findBreach(rule, read.value);
    if (message !== null) return { ...finding, judged: { as: rule.otherwise, message } };
  }
  return finding;
}

function readJson({
  body,
  isCut,
  trouble,
}: Reply): { readonly value: unknown } | { readonly problem: string } {
  if (isCut && trouble === undefined)
    return { problem: "the body is longer than POSTRIDER_REPLY_BYTES_MAX, and was not read to its end" };
  if (isCut) return { problem: `the body is cut short: ${trouble}` };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return { problem: body === "" ? "there is no body" : "the body is not JSON" };
  }
}

/** How the document breaks the rule; null where it holds. */
function findBreach({ json, is, isNot, exists }: SuccessRule, document: unknown): string | null {
  const found = find(json, document);
  const place = json === "" ? "the body" : json;
  const has = found === undefined ? `${place} is missing` : `${place} is ${show(found)}`;
  if (exists !== undefined) return (found !== undefined) === exists ? null : has;
  if (is !== undefined) return toList(is).includes(found as never) ? null : `${has}, not ${showList(is)}`;
  return isNot !== undefined && toList(isNot).includes(found as never) ? has : null;
}

/** RFC 6901 section 4. Undefined where the document has no such place. */
function find(pointer: string, document: unknown): unknown {
  let value = document;
  for (const token of pointer.split("/").slice(1)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function toList<T>(values: T | readonly T[]): readonly T[] {
  return Array.isArray(values) ? values : [values as T];
}

function showList(values: unknown): string {
  return toList(values).map(show).join(" or ");
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}
