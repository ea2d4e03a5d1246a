// JSON in places where Postrider does not take a text for JSON, and so escapes nothing in it.

import type { Problem } from "@postrider/shared/errors";
import { holdsCredential } from "@postrider/shared/mask";
import type { CompiledAction, CompiledField } from "./compile.ts";
import { findLooseInJson } from "./escape/loose-json.ts";
import { bodySyntaxOf, givenContentType } from "./headers.ts";
import { createLocator, maskTexts, textOfToken } from "./render/operands.ts";

/** Everything of that kind: in each text of JSON the first value that could end it. */
export function findLooseJsonWarnings({ action, fields }: CompiledAction): Problem[] {
  if (action.escaping === "none") return [];
  return fields.flatMap((field) => {
    const isSecret = holdsCredential(field.field, action);
    return findLoose(field, action).map(({ node, where }) => {
      const written = textOfToken(node.token);
      return {
        field: node.token.file ?? field.field,
        ...createLocator()(node.token),
        code: "json_not_escaped",
        message: `${isSecret ? maskTexts(written) : written} stands between quotes in JSON${where}`,
      };
    });
  });
}

type Node = CompiledField["template"]["nodes"][number];

interface Loose {
  readonly node: Node;
  readonly where: string;
}

const BREAKS = "a quote mark or line break in it breaks the JSON";
const AS_JSON =
  '{{ … | json }} without quotes around it (a text in front of it is put in with prepend: {{ customer.name | prepend: "Hi " | json }})';

function findLoose({ field, template: { nodes } }: CompiledField, action: CompiledAction["action"]): Loose[] {
  if (field !== "body" || bodySyntaxOf(action) !== "plain") return [];
  const where = `, and nothing is escaped under the Content-Type ${givenContentType(action)}: ${BREAKS}; write Content-Type: application/json, or ${AS_JSON}`;
  return findLooseInJson(nodes, nodes)
    .slice(0, 1)
    .map((node) => ({ node, where }));
}
