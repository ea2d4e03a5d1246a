// Where JSON and texts meet in a JSON body and nobody but the author can say which of them was meant.

import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction } from "./compile.ts";
import { findBuiltJson } from "./escape/built-json.ts";
import { findDoubtful } from "./escape/captures.ts";
import { findNestedByHand } from "./escape/nested-by-hand.ts";
import { isRaw } from "./escape/places.ts";
import { bodySyntaxOf } from "./headers.ts";
import { createWarn } from "./node-warning.ts";
import { everyNode } from "./render/operands.ts";

const JSON_OR_TEXT =
  "prints a captured text that begins as JSON does, so values in it are written as JSON has them, with quote marks around texts; in the capture write | raw behind them where it is a text, | json where it is JSON";
const NO_JSON =
  "prints a captured text that begins as JSON does and is none, outside quotes: put quotes around it";

const JSON_AS_TEXT =
  "prints JSON that the template has put together as a text, so the receiver gets one text in quotes; write a list or object as {{ … | json }}, or the JSON into a {% capture %} that is printed without filters, where values in it are escaped; or | raw behind it, with | json behind each value in it";

const NESTED =
  'stands in JSON or GraphQL that is nested in a text by hand, and is escaped for the outer text alone, so a quote mark in it ends the inner one; for GraphQL use variables, for JSON {% capture inner %}{…}{% endcapture %}, then "{{ inner }}"';

/** Everything of that kind in the body, in the order of its text. */
export function findJsonWarnings({ action, fields }: CompiledAction): Problem[] {
  const body = fields.find(({ field }) => field === "body");
  if (body === undefined || bodySyntaxOf(action) !== "json" || action.escaping === "none") return [];
  const warn = createWarn(body, action);
  const { nodes, places } = body.template;
  const doubtful = new Map(findDoubtful(nodes, places).map((one) => [one.node, one]));
  const built = findBuiltJson(nodes, places);
  const nested = findNestedByHand(nodes, places);
  return [...everyNode(nodes)].flatMap((node) => {
    const one = isRaw(node) ? undefined : doubtful.get(node);
    if (nested.has(node)) return [warn(node, "nested_by_hand", NESTED)];
    if (one === undefined) return built.has(node) ? [warn(node, "json_as_text", JSON_AS_TEXT)] : [];
    return [
      one.isNever ? warn(node, "text_outside_quotes", NO_JSON) : warn(node, "json_or_text", JSON_OR_TEXT),
    ];
  });
}
