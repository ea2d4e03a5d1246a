// What an author writes into the texts of a URL or form and did not mean.

import type { Action } from "@postrider/shared/action";
import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction } from "./compile.ts";
import { textOf } from "./escape/places.ts";
import { bodySyntaxOf } from "./headers.ts";
import { createLocator, everyNode } from "./render/operands.ts";

/** A `%` that encodes nothing: sent as it stands, and refused or misread by many receivers. */
export function findLonePercent({ action, fields }: CompiledAction): Problem[] {
  return fields.flatMap(({ field, template: { nodes } }) => {
    if (field !== "url" && (field !== "body" || bodySyntaxOf(action) !== "form")) return [];
    const places =
      nodes.length > 0 ? findIn(nodes, field) : [action[field] ?? ""].filter(isLone).map(() => ({ field }));
    return places.map((place) => ({
      ...place,
      code: "percent_alone",
      message: "has a % that begins no percent-encoding; where a percent sign is meant, write %25",
    }));
  });
}

type Node = CompiledAction["fields"][number]["template"]["nodes"][number];

function findIn(nodes: readonly Node[], field: string): { field: string; line: number; column: number }[] {
  const locate = createLocator();
  return [...everyNode(nodes)].flatMap((node) => {
    if (textOf(node) === null) return [];
    // As it is written: of the node's text some white space may have been dropped.
    const { input, begin, end, file, trimLeft = 0 } = node.token as Node["token"] & { trimLeft?: number };
    const at = input.slice(begin + trimLeft, end).search(LONE_PERCENT);
    return at < 0 ? [] : [{ field: file ?? field, ...locate({ input, begin: begin + trimLeft + at }) }];
  });
}

function isLone(text: string): boolean {
  return LONE_PERCENT.test(text);
}

const LONE_PERCENT = /%(?![0-9a-f]{2})/i;

/** Names are no templates; and a YAML block ends in a line break, which is sent with the value. */
export function findFormSurprises({ form = [] }: Action): Problem[] {
  return form.flatMap(({ name, value }, index) => [
    ...(/\{\{|\{%/.test(name)
      ? [
          {
            field: `form[${index}].name`,
            code: "name_not_rendered",
            message:
              "has Liquid in it, and names are sent as they stand; write the form as body, of the type x-www-form-urlencoded",
          },
        ]
      : []),
    ...(/[\r\n]$/.test(value)
      ? [
          {
            field: `form[${index}].value`,
            code: "line_break_at_end",
            message: "ends in a line break, which is sent with it; in YAML write |- in place of |",
          },
        ]
      : []),
  ]);
}
