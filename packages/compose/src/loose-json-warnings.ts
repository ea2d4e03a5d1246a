// JSON in places where Postrider does not take a text for JSON, and so escapes nothing in it.

import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction, CompiledField } from "./compile.ts";
import { createLooseFinder } from "./escape/loose-json.ts";
import { bodySyntaxOf, givenContentType } from "./headers.ts";
import { createWarn } from "./node-warning.ts";

/** Everything of that kind: in each text of JSON the first value that could end it. */
export function findLooseJsonWarnings({ action, fields }: CompiledAction): Problem[] {
  if (action.escaping === "none") return [];
  return fields.flatMap((field) => {
    const warn = createWarn(field, action);
    return findLoose(field, action).map(({ node, message }) => warn(node, "json_not_escaped", message));
  });
}

type Node = CompiledField["template"]["nodes"][number];

interface Loose {
  readonly node: Node;
  readonly message: string;
}

const IN_JSON = "stands between quotes in JSON, and";
const BREAKS = "a quote mark or line break in it breaks the JSON";
const AS_JSON =
  '{{ … | json }} without quotes around it (a text in front of it is put in with prepend: {{ customer.name | prepend: "Hi " | json }})';
const UNDER_TYPE = `Content-Type: application/json where the receiver takes that, or ${AS_JSON}`;
const CAPTURED = `${IN_JSON} what is captured is escaped as JSON in a JSON body alone`;
const APPENDED = "writes a value between quotes in JSON, and what is appended is not escaped as JSON";

function findLoose({ field, template }: CompiledField, action: CompiledAction["action"]): Loose[] {
  const find = createLooseFinder(template.nodes);
  const syntax = field === "body" ? bodySyntaxOf(action) : null;
  const first = (nodes: readonly Node[], what: string, write = AS_JSON): Loose[] =>
    nodes.slice(0, 1).map((node) => ({ node, message: `${what}: ${BREAKS}; write ${write}` }));
  const appended = first(find.inAppended(), APPENDED);
  if (syntax === "json") return appended;
  const captured = find.inCaptures().flatMap((nodes) => first(nodes, CAPTURED));
  if (syntax === "plain") {
    const type = givenContentType(action) ?? "";
    const whole = first(
      find.inWhole(),
      `${IN_JSON} nothing is escaped under the Content-Type ${type}`,
      UNDER_TYPE,
    );
    return [...whole, ...captured, ...appended];
  }
  const nodes = field === "url" || syntax === "form" ? find.inPairs() : find.inWhole();
  return [...first(nodes, `${IN_JSON} ${placeOf(field)} is not escaped as JSON`), ...captured, ...appended];
}

function placeOf(field: string): string {
  if (field.startsWith("headers[")) return "a header";
  return field === "url" ? "a parameter of a URL" : "a form's value";
}
