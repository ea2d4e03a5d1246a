// What a compiled action does, for the people who write it: where each value lands, what the templates read,
// and what of a customer they do not use or miss.

import type { Action } from "@postrider/shared/action";
import { holdsCredential } from "@postrider/shared/mask";
import type { CompiledAction, CompiledField } from "./compile.ts";
import { isPrinting, isRaw } from "./escape/places.ts";
import {
  createLocator,
  everyNode,
  expressionsOf,
  maskTexts,
  type Names,
  namesGivenIn,
  operandsOf,
  pathOf,
  textOfToken,
} from "./render/operands.ts";
import type { Scope } from "./render/template.ts";
import { DATA_NAMES } from "./scope.ts";

/** Places by the names that people and programs see. */
export type Landing =
  | "json-string"
  | "json-value"
  | "json-by-what-precedes"
  | "json-items"
  | "url"
  | "host"
  | "port"
  | "form-value"
  | "header"
  | "xml"
  | "text"
  | "raw";

const LANDINGS = {
  jsonString: "json-string",
  jsonValue: "json-value",
  jsonUnknown: "json-by-what-precedes",
  jsonItems: "json-items",
  jsonValueItems: "json-items",
  url: "url",
  urlPath: "url",
  urlQuery: "url",
  host: "host",
  port: "port",
  form: "form-value",
  xml: "xml",
  xmlAttribute: "xml",
  plain: "text",
} as const;

/** What each landing does to a value, for people. */
export const LANDING_TEXTS: Readonly<Record<Landing, string>> = {
  "json-string": "in a JSON string: JSON-escaped",
  "json-value": "as a JSON value: quoted unless a number, true, false, null or JSON",
  "json-by-what-precedes": "in JSON: as a string or a value, by what precedes it",
  "json-items": "as the items of a JSON list: each escaped by itself",
  url: "in the URL: percent-encoded",
  host: "as a host label: nothing but letters, digits and hyphens",
  port: "as a port: nothing but digits",
  "form-value": "as a form value: percent-encoded",
  header: "in a header: no control characters",
  xml: "in XML: escaped",
  text: "as it is",
  raw: "as it is, because of | raw",
};

export interface PrintedValue {
  readonly field: string;
  readonly line: number;
  readonly column: number;
  /** As the template writes it; its texts masked where a credential stands. */
  readonly expression: string;
  readonly place: Landing;
}

/** Every value that an action prints, with its place. */
export function findOutputs({ fields, action }: CompiledAction): PrintedValue[] {
  return fields.flatMap((compiled) => {
    const locate = createLocator();
    const isSecret = holdsCredential(compiled.field, action);
    return [...everyNode(compiled.template.nodes)].filter(isPrinting).map((node) => ({
      field: node.token.file ?? compiled.field,
      ...locate(node.token),
      expression: isSecret ? maskTexts(textOfToken(node.token)) : textOfToken(node.token),
      place: isRaw(node) ? "raw" : toLanding(compiled, node, action),
    }));
  });
}

function toLanding(
  { field, template: { places } }: CompiledField,
  node: object,
  { escaping }: Action,
): Landing {
  const place = places.of.get(node as never) ?? places.otherwise;
  if (field.startsWith("form[")) return "form-value";
  if (field.startsWith("headers[")) return "header";
  return escaping === "none" ? "text" : LANDINGS[place];
}

export interface Reading {
  readonly field: string;
  readonly line: number;
  readonly column: number;
  readonly names: Names;
}

/** Every path that the templates read from what they are given, names that they gave themselves left out. */
export function findReadings({ fields }: CompiledAction): Reading[] {
  return fields.flatMap(({ field, template }) => {
    const locate = createLocator();
    const own = namesGivenIn(template.nodes);
    return [...everyNode(template.nodes)].flatMap((node) =>
      expressionsOf(node)
        .flatMap(operandsOf)
        .flatMap((operand) => {
          const names = pathOf(operand);
          if (names === null || typeof names[0] !== "string" || own.has(names[0])) return [];
          return [{ field: node.token.file ?? field, ...locate(operand), names }];
        }),
    );
  });
}

/** Names whose members are the action's matter, and not the data's. */
const OF_THE_ACTION: ReadonlySet<string> = new Set(["snippets", "secrets"]);

/**
 * Paths, as templates write them, that the data do not have, each once; whether that matters is for composing
 * to say.
 */
export function findMissing(readings: readonly Reading[], scope: Scope): string[] {
  const missing = readings.filter(
    ({ names: [root, ...rest] }) =>
      DATA_NAMES.has(String(root)) &&
      !OF_THE_ACTION.has(String(root)) &&
      !isThere(scope, [root ?? null, ...rest]),
  );
  return [...new Set(missing.map(({ names }) => toPath(names)))];
}

function isThere(value: unknown, [name, ...rest]: Names): boolean {
  // What a name from the data leads to, only composing tells; null is a value, and what is under it is its
  // own matter.
  if (name === undefined || name === null) return true;
  if (value === null || value === undefined) return false;
  if (name === "size" || name === "first" || name === "last") return true;
  const index = Array.isArray(value) && Number(name) < 0 ? value.length + Number(name) : name;
  if (!Object.hasOwn(value, index)) return false;
  const member: unknown = (value as Record<string | number, unknown>)[index];
  return member !== undefined && isThere(member, rest);
}

/**
 * Attributes of customer, event and the other values that no template reads. The customer's id is read by
 * Postrider itself.
 */
export function findUnused(readings: readonly Reading[], scope: Scope): string[] {
  return Object.entries(scope).flatMap(([root, value]) => {
    const ofRoot = readings.filter(({ names }) => names[0] === root);
    const isReadWhole = ofRoot.some(
      ({ names: [, attribute] }) => attribute === undefined || attribute === null,
    );
    if (typeof value !== "object" || value === null || Array.isArray(value) || isReadWhole) return [];
    if (OF_THE_ACTION.has(root)) return [];
    const read = new Set(ofRoot.map(({ names: [, attribute] }) => String(attribute)));
    return Object.keys(value)
      .filter((attribute) => !read.has(attribute) && !(root === "customer" && attribute === "id"))
      .map((attribute) => toPath([root, attribute]));
  });
}

/** `customer.address["odd name"]` */
export function toPath([root, ...rest]: Names): string {
  const members = rest.map((name) => {
    if (name === null) return "[…]";
    return /^[A-Za-z_][\w-]*$/.test(String(name)) ? `.${name}` : `[${JSON.stringify(name)}]`;
  });
  return `${root}${members.join("")}`;
}
