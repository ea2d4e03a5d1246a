// What templates do by hand that Postrider does by itself, where nobody but their author can say what was
// meant.

import type { Action } from "@postrider/shared/action";
import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction, CompiledField } from "./compile.ts";
import {
  beforeEncoding,
  findByHand,
  findLeftByHand,
  joinsWithQuotes,
  type WrittenFilter,
} from "./escape/by-hand.ts";
import type { Place } from "./escape/escape.ts";
import { findJsonPlaces } from "./escape/find-places.ts";
import { filtersOf, isPrinting, isRaw, textOf } from "./escape/places.ts";
import { findPrepared, type Prepared } from "./escape/prepared.ts";
import { soleOutputsOf } from "./escape/sole-outputs.ts";
import { bodySyntaxOf } from "./headers.ts";
import { createWarn } from "./node-warning.ts";
import { type Expression, everyNode, pathOf } from "./render/operands.ts";
import { DATA_NAMES } from "./scope.ts";

/** Everything of that kind, in the order of the fields. */
export function findByHandWarnings(compiled: CompiledAction): Problem[] {
  const { action, fields } = compiled;
  return fields.flatMap((field) => {
    const kind = kindOf(field, action);
    if (kind === "json") return ofJson(compiled, field);
    if (action.escaping === "none") return [];
    if (kind !== null) return ofReplacing(field, kind, action);
    return field.field.startsWith("form[") ? ofFormValue(field, action) : [];
  });
}

/** What the template of a field writes; null for a plain text. */
function kindOf({ field }: CompiledField, action: Action): "json" | "xml" | "form" | "url" | null {
  if (field === "url") return "url";
  const syntax = bodySyntaxOf(action);
  return field === "body" && syntax !== "plain" ? syntax : null;
}

type Node = CompiledField["template"]["nodes"][number];
const TWICE =
  "escapes by hand what is escaped anyway where it lands, so the receiver gets it escaped once too often; leave that replace out";

const ENCODED_AGAIN =
  "is a text with encoded values in it, and the whole of it is encoded where it lands, so the receiver gets those encoded twice; leave the encoding out, or write | raw where the text is as it is to be sent";
const ESCAPED_AGAIN =
  "is a text with escaped values in it, and the whole of it is escaped where it lands, so the receiver gets those escaped twice; leave the escaping out";

/** `meant`: the place of what is assigned or captured, as far as anybody can tell. */
function ofReplacing(field: CompiledField, meant: "xml" | "form" | "url", action: Action): Problem[] {
  const warn = createWarn(field, action);
  const { nodes, places } = field.template;
  const prepared = findPrepared(nodes, meant === "xml" ? "xml" : "url");
  return [...everyNode(nodes)].flatMap((node) => {
    if (leavesByHand(field, node, meant)) return [warn(node, "escaped_by_hand", TWICE)];
    const place = places.of.get(node) ?? places.otherwise;
    if (isRaw(node) || place === "plain" || !isMixed(prepared.get(node), place)) return [];
    return [
      meant === "xml"
        ? warn(node, "escaped_by_hand", ESCAPED_AGAIN)
        : warn(node, "encoded_twice", ENCODED_AGAIN),
    ];
  });
}

/** Values made fit, in a text that is escaped as a whole; a URL or markup in a value may be what is meant. */
function isMixed(prepared: Prepared | undefined, place: Place): boolean {
  return prepared?.made === "partly" && !isNested(prepared.text, place);
}

function isNested(text: string, place: Place): boolean {
  if (/^xml/.test(place)) return text.includes("<");
  return text.includes("://") || (place !== "urlPath" && text.includes("?"));
}

function leavesByHand({ template: { places } }: CompiledField, node: Node, meant: Place): boolean {
  const filters = filtersOf(node);
  const place = isPrinting(node) ? (places.of.get(node) ?? places.otherwise) : "plain";
  if (isRaw(node) || filters.length === 0) return false;
  if (place === "plain") return beforeEncoding(filters).some((filter) => findByHand(filter, meant) !== null);
  return findLeftByHand(filters, place).length > 0;
}

const JSON_MAKERS: ReadonlySet<string> = new Set(["json", "to_json", "jsonify"]);
/** What they make of JSON is still meant as JSON, or as a piece of it. */
const SHAPERS = /^(?:append|prepend|replace|remove|slice|strip|lstrip|rstrip|truncate)(?:_\w+)?$/;
const HTML_ESCAPERS: ReadonlySet<string> = new Set(["escape", "escape_once", "xml_escape", "htmlencode"]);
const HTML_ENTITY = /^&(?:amp|lt|gt|quot|apos|#39|#34);$/;

const JSON_IN_QUOTES =
  "stands between quotes, so the receiver gets JSON inside a text, with quote marks of its own; leave | json out (texts are escaped by themselves, an object prints as JSON), or leave the quotes out";
const JSON_IN_TEXT =
  "is a text with JSON in it, so the receiver gets quote marks inside the text; leave | json out, or write | raw, without quotes around it, where the whole is JSON";
const QUOTES_JOINED =
  "joins with quote marks, which are escaped where they land, so the receiver gets one text; write {{ … | json }} without quotes and brackets around it";
const HTML_IN_JSON =
  "writes HTML's entities into JSON, and the receiver gets &amp; for &; JSON is escaped by itself, so leave the filter out unless HTML is wanted";

/** A node of a JSON body, as the rules look at it. */
interface Look {
  readonly field: CompiledField;
  readonly node: Node;
  readonly filters: readonly WrittenFilter[];
  readonly place: Place | undefined;
  readonly prepared: Prepared | undefined;
  readonly hasMarkup: boolean;
}

/** The first that holds is told. */
const JSON_RULES: readonly (readonly [code: string, message: string, holds: (look: Look) => boolean])[] = [
  ["json_in_quotes", JSON_IN_QUOTES, ({ place, ...look }) => place === "jsonString" && isJson(look)],
  ["json_in_quotes", JSON_IN_TEXT, holdsJson],
  ["escaped_by_hand", TWICE, ({ field, node }) => leavesByHand(field, node, "jsonString")],
  [
    "quotes_joined",
    QUOTES_JOINED,
    ({ place, filters }) => !isOfItems(place) && filters.some(joinsWithQuotes),
  ],
  [
    "html_in_json",
    HTML_IN_JSON,
    ({ node, filters, hasMarkup }) => !hasMarkup && isPrinting(node) && filters.slice(-1).some(writesHtml),
  ],
];

function ofJson({ action }: CompiledAction, field: CompiledField): Problem[] {
  const { nodes } = field.template;
  const isEscaped = action.escaping === "auto";
  const { of: places, jsonCaptures } = isEscaped ? field.template.places : findJsonPlaces(nodes);
  // Without escaping, whoever escapes by hand does right.
  const rules = isEscaped ? JSON_RULES : JSON_RULES.slice(0, 1);
  const all = [...everyNode(nodes)];
  const prepared = findPrepared(nodes, "json", jsonCaptures);
  // Tags, or a word of what reads them: "parse_mode": "HTML", "text/html", "htmlBody":.
  const hasMarkup = all.some((node) =>
    /<[a-z/!]|"html"|text\/html|"\w*html\w*"\s*:/i.test(textOf(node) ?? ""),
  );
  const warn = createWarn(field, action);
  return all.flatMap((node) => {
    const look = {
      field,
      node,
      filters: filtersOf(node),
      place: places.get(node),
      prepared: prepared.get(node),
      hasMarkup,
    };
    const rule = isRaw(node) ? undefined : rules.find(([, , holds]) => holds(look));
    return rule === undefined ? [] : [warn(node, rule[0], rule[1])];
  });
}

function writesHtml({ name, args }: WrittenFilter): boolean {
  const { content } = (args[1] ?? {}) as { readonly content?: unknown };
  return HTML_ESCAPERS.has(name) || (name === "replace" && HTML_ENTITY.test(String(content)));
}

function isOfItems(place: Place | undefined): boolean {
  return place === "jsonItems" || place === "jsonValueItems";
}

/**
 * Whether an output prints JSON that a filter made; the whole customer or event between quotes is no
 * surprise.
 */
function isJson({ node, filters, prepared }: Pick<Look, "node" | "filters" | "prepared">): boolean {
  const { value } = node as unknown as { value?: Expression };
  const [first, ...rest] = value?.initial.postfix ?? [];
  const path = first === undefined || rest.length > 0 ? null : pathOf(first);
  const name = path?.length === 1 ? String(path[0]) : "";
  const made = filters.findLastIndex((filter) => JSON_MAKERS.has(filter.name));
  if (made < 0) return prepared?.made === "wholly";
  return !DATA_NAMES.has(name) && filters.slice(made + 1).every((filter) => SHAPERS.test(filter.name));
}

/** Whether an output prints a text in which JSON that a filter made is a piece. */
function holdsJson({ place, prepared }: Look): boolean {
  return prepared?.made === "partly" && place !== undefined && /^json(?:String|Value|Unknown)$/.test(place);
}

const ENCODED_TWICE = "is encoded by hand, and form encodes every value by itself; leave the encoding out";

/** A value that is encoded as a whole; a URL with an encoded value in it may be what is meant. */
function ofFormValue(field: CompiledField, action: Action): Problem[] {
  const { nodes } = field.template;
  const prepared = findPrepared(nodes, "url");
  return soleOutputsOf({ templates: nodes })
    .filter((node) => isByHand(filtersOf(node), prepared.get(node)))
    .map((node) => createWarn(field, action)(node, "encoded_twice", ENCODED_TWICE));
}

function isByHand(filters: readonly WrittenFilter[], prepared: Prepared | undefined): boolean {
  const isEncoded = prepared !== undefined && prepared.made !== "not" && !isNested(prepared.text, "form");
  return isEncoded || filters.some((filter) => findByHand(filter, "form") !== null);
}
