// Requests and problems as people read them on a terminal.

import type { CompiledAction } from "@postrider/compose/compile";
import type { ShownRequest } from "@postrider/compose/request";
import type { Problem } from "@postrider/shared/errors";
import { holdsCredential } from "@postrider/shared/mask";
import type { Output, Paint } from "../output.ts";
import { toVisible } from "../readable.ts";

export function showRequest({ method, url, headers, body }: ShownRequest, output: Output): void {
  const { paint } = output;
  output.line(`${paint.bold(method)} ${paint.cyan(toVisible(url))}`);
  for (const { name, value } of headers) output.line(`${paint.dim(`${name}:`)} ${toVisible(value)}`);
  if (body !== null) output.line(`\n${toVisible(body)}`);
}

/** Warnings, on standard error. `source` says of which action, where there are several. */
export function showWarnings(warnings: readonly Problem[], output: Output, source = ""): void {
  for (const { field, line, column, message } of warnings) {
    const place = line === undefined ? "" : ` (line ${line}, column ${column})`;
    output.note(
      `${output.paintNote.yellow("warning:")} ${source === "" ? "" : `${source}: `}${field}${place}: ${message}`,
    );
  }
}

/** A problem with the line of the text that it stands in, and a mark below its column. */
export function markProblem(problem: Problem, text: string | null, paint: Paint): string {
  const { field, line, column, message } = problem;
  const place = line === undefined ? "" : ` (line ${line}, column ${column})`;
  const said = `${field === "" ? "" : `${paint.bold(toVisible(field))}${place}: `}${toVisible(message)}`;
  const source = line === undefined ? undefined : text?.split("\n")[line - 1];
  if (source === undefined || column === undefined) return said;
  const from = Math.max(0, column - 1 - CHARS_BEFORE);
  const shown = source.slice(from, from + CHARS_SHOWN).replaceAll("\t", " ");
  const gutter = `  ${line} │ `;
  const mark = " ".repeat(gutter.length + column - 1 - from);
  return `${said}\n${paint.dim(gutter)}${toVisible(shown)}\n${mark}${paint.red("^")}`;
}

/** Enough to see where one is, on one line of a terminal. */
const CHARS_SHOWN = 100;
const CHARS_BEFORE = 60;

/**
 * The template's text in a field such as `headers[1].value` or `snippets.footer`; null where there is none,
 * or none that may be shown.
 */
export function templateAt(field: string, { action }: CompiledAction): string | null {
  if (holdsCredential(field, action)) return null;
  const [, list, index] = /^(headers|form)\[(\d+)\]\.value$/.exec(field) ?? [];
  if (list === "headers" || list === "form") return action[list]?.[Number(index)]?.value ?? null;
  if (field.startsWith("snippets.")) return action.snippets?.[field.slice("snippets.".length)] ?? null;
  return field === "url" || field === "body" ? (action[field] ?? null) : null;
}
