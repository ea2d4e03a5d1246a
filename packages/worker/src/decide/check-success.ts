// Whether a 2xx answer is the success that its action asks for, for APIs that say 200 and mean no. Pure.
// Success has to be shown: what cannot be read breaks the rule as well.

import { type Success, type SuccessRule, toSuccessRules } from "@postrider/shared/success";
import { type Finding, STOPPED } from "../attempt.ts";
import { findInJson, readJson } from "./answer-json.ts";

/** Characters of a value in a message; more of it stands in the body. */
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
  const read = readJson(finding, JSON.parse);
  if ("problem" in read) return { ...finding, judged: { as: first.otherwise, message: read.problem } };
  for (const rule of [first, ...others]) {
    const message = findBreach(rule, read.value);
    if (message !== null) return { ...finding, judged: { as: rule.otherwise, message } };
  }
  return finding;
}

/** How the document breaks the rule; null where it holds. */
function findBreach({ json, is, isNot, exists }: SuccessRule, document: unknown): string | null {
  const found = findInJson(json, document);
  const place = json === "" ? "the body" : json;
  const has = found === undefined ? `${place} is missing` : `${place} is ${show(found)}`;
  if (exists !== undefined) return (found !== undefined) === exists ? null : has;
  if (is !== undefined) return toList(is).includes(found as never) ? null : `${has}, not ${showList(is)}`;
  return isNot !== undefined && toList(isNot).includes(found as never) ? has : null;
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
