// One compiled template: text in, text or a problem out. Parsing happens once; a template without Liquid costs nothing.

import type { Problem } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import { Context, type Emitter, type Liquid, type Template as Node } from "liquidjs";
import { makeDirect, renderDirect } from "./direct.ts";
import { print } from "./print.ts";

/** What templates see. */
export type Scope = Readonly<Record<string, unknown>>;

export type Rendered = { readonly text: string } | { readonly reason: Reason; readonly problem: Problem };

export interface Template {
  render(scope: Scope): Rendered;
}

/**
 * Parses a template.
 * @returns the template, or what is wrong with it (`field` names where it stands in the action).
 */
export function compileTemplate(
  liquid: Liquid,
  field: string,
  source: string,
): Template | { readonly problem: Problem } {
  if (!source.includes("{{") && !source.includes("{%")) {
    const constant = { text: source };
    return { render: () => constant };
  }
  let nodes: Node[];
  try {
    nodes = liquid.parse(source);
  } catch (error) {
    return { problem: toProblem(field, error) };
  }
  makeDirect(nodes);
  return {
    render(scope) {
      const text = createText();
      try {
        renderDirect(nodes, new Context(scope, liquid.options, { sync: true }, { liquid }), text);
        return { text: text.buffer };
      } catch (error) {
        const problem = toProblem(field, error);
        return { reason: problem.code === "value_missing" ? "value_missing" : "template", problem };
      }
    },
  };
}

/** Where a rendering gathers. */
function createText(): Emitter & { buffer: string } {
  return {
    buffer: "",
    write(value: unknown) {
      this.buffer += print(value);
    },
  };
}

/** `message, line:3, col:7`, as liquidjs ends its messages; sometimes with the file's name between. */
const PLACE = /,(?: file:[^,]*,)? line:(\d+), col:(\d+)$/;

function toProblem(field: string, error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const place = PLACE.exec(text);
  const missing = error instanceof Error && error.name === "UndefinedVariableError";
  const message = place === null ? text : text.slice(0, place.index);
  return {
    field,
    message: missing
      ? `${message.replace(/^undefined variable: /, "")} is missing from the data; give it a default (| default: "…"), test for it, or set missing: empty`
      : message,
    code: missing ? "value_missing" : "template",
    ...(place === null ? {} : { line: Number(place[1]), column: Number(place[2]) }),
  };
}
