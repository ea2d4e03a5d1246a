// What the server says of a draft, by the field it stands in: problems of the document itself, those of some
// customers, and what will surprise. Pure.

import type { Operations, ProblemDetail } from "@postrider/client/generated";
import type { Marked } from "../../editor/code-editor.ts";
import type { Lands } from "../../editor/landings.ts";

type Preview = Operations["previewAction"]["reply"];
type Output = Preview["outputs"][number];

/** The fields that have a place of their own to show problems in. */
const IN_FIELDS = /^(?:url|body|method|headers\/\d+\/(?:name|value)|form\/\d+\/(?:name|value))$/;

/** @param refused the problems for which nothing could be composed; else those of the preview count. */
export function toMarked(
  preview: Preview | null,
  refused: readonly ProblemDetail[] | null,
): readonly Marked[] {
  if (refused !== null) return refused.map((one) => toOne(one, "error", ""));
  if (preview === null) return [];
  return [...ofCustomers(preview), ...preview.warnings.map((one) => toOne(one, "warning", ""))];
}

/** The same problem of many customers is told once, with whom it befalls. */
function ofCustomers({ previews }: Preview): Marked[] {
  const found = new Map<string, { readonly problem: ProblemDetail; readonly ids: string[] }>();
  for (const { customerId, problems } of previews)
    for (const problem of problems) {
      const key = toKey(problem);
      const known = found.get(key) ?? { problem, ids: [] };
      known.ids.push(String(customerId));
      found.set(key, known);
    }
  return [...found.values()].map(({ problem, ids }) => {
    const whom = sayWhom(ids, previews.length);
    return isOfResult(problem) ? toResult(problem, ids[0] ?? "", whom) : toOne(problem, "error", whom);
  });
}

/** Whether its line and column count in the text that was rendered for one customer, not in the template. */
export function isOfResult({ code }: ProblemDetail): boolean {
  return code === "body_invalid";
}

/** What was rendered differs by customer, and with it the place: what is wrong is the same. */
function toKey(problem: ProblemDetail): string {
  const { pointer, line, column, message } = problem;
  if (isOfResult(problem)) return `${pointer} ${message.split(/[:;]/)[0]}`;
  return `${pointer} ${line} ${column} ${message}`;
}

function toResult(problem: ProblemDetail, customerId: string, whom: string): Marked {
  const { line, column, message } = problem;
  const place = line === undefined ? "" : ` (its line ${line}, column ${column ?? 1})`;
  const told = `What this renders to for ${customerId}${place}: ${message}`;
  const marked = toOne({ ...problem, message: told }, "error", whom);
  return { ...marked, line: undefined, column: undefined, isOfResult: true };
}

function sayWhom(ids: readonly string[], all: number): string {
  if (all === 1) return "";
  if (ids.length === all) return ` (all ${all} customers)`;
  return ` (${ids.length} of ${all} customers, such as ${ids[0]})`;
}

function toOne(
  { pointer, line, column, message }: ProblemDetail,
  severity: Marked["severity"],
  whom: string,
): Marked {
  const path = pointer.split("/").slice(1).map(readStep);
  return {
    severity,
    line,
    column,
    message: message + whom,
    path: path[0] === "action" ? path.slice(1) : path,
  };
}

/** RFC 6901. */
function readStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

export function ofField(marked: readonly Marked[], field: string): readonly Marked[] {
  return marked.filter(({ path }) => path.join("/") === field);
}

/** What stands in no field that is shown. */
export function ofNoField(marked: readonly Marked[]): readonly Marked[] {
  return marked.filter(({ path }) => !IN_FIELDS.test(path.join("/")));
}

/** @param field such as `headers/0/value`. */
export function landingsIn(
  outputs: readonly Output[],
  field: string,
  places: Readonly<Record<string, string>>,
): readonly Lands[] {
  return outputs
    .filter((output) => toFieldPath(output.field) === field)
    .map(({ line, column, expression, place }) => ({
      line,
      column,
      expression,
      told: places[place] ?? place,
    }));
}

/** `headers[0].value` → `headers/0/value` */
function toFieldPath(field: string): string {
  return field.replace(/\[(\d+)\]/g, "/$1").replaceAll(".", "/");
}
