// The types of the TypeScript client, made of the API's OpenAPI description: a type for each named schema and
// for each operation, and a table of where each operation is. Knows what of JSON Schema our schemas use, and
// fails at anything else.

import { OPENING, wrapComment } from "./client-text.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What is left out may also be undefined where we are told something, and is not there where we tell it. */
type Side = "given" | "told";

/** The source text of the client's generated part. @throws where a schema holds what is not known here. */
export function renderClientTypes(document: unknown): string {
  const { paths, components } = document as Description;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema.description)}export type ${name} = ${toType(schema, "told")};`,
  );
  return [
    OPENING,
    ...schemas,
    `/** What each operation takes and answers. */\nexport interface Operations {\n${operations.map(({ operation }) => renderOperation(operation)).join("\n")}\n}`,
    `/** Where each operation is. */\nexport const OPERATIONS = {\n${operations.map(({ path, method, operation }) => `  ${operation.operationId}: { method: "${method}", path: "${path}" },`).join("\n")}\n} as const satisfies Readonly<Record<keyof Operations, { readonly method: string; readonly path: string }>>;`,
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function renderOperation({ operationId, summary, parameters, requestBody, responses }: Operation): string {
  const body = requestBody?.content?.["application/json"]?.schema;
  const of = (place: Parameter["in"]): Schema => toObject(parameters.filter((one) => one.in === place));
  const replies = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([status, { content }]) => {
      const schema = content?.["application/json"]?.schema;
      if (schema !== undefined) return toType(schema, "told");
      return status === "204" ? "undefined" : "string";
    });
  const given = body === undefined ? "undefined" : toType(body, "given");
  const fields = [
    `params: ${toType(of("path"), "given")};`,
    `query: ${toType(of("query"), "given")};`,
    `headers: ${toType(of("header"), "given")};`,
    `body: ${requestBody?.required === false ? `${given} | undefined` : given};`,
    `reply: ${[...new Set(replies)].join(" | ")};`,
  ];
  return `${indent(`${comment(`${summary}.`)}readonly ${operationId}: {`)}\n${indent(indent(fields.map((field) => `readonly ${field}`).join("\n")))}\n  };`;
}

function toObject(parameters: readonly Parameter[]): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(
      parameters.map(({ name, schema, description }) => [
        name,
        { ...schema, ...(description !== undefined && { description }) },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

function toType(schema: Schema, side: Side): string {
  const { $ref, const: only, enum: values, anyOf, oneOf, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (only !== undefined) return JSON.stringify(only);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  const several = anyOf ?? oneOf;
  if (several !== undefined) return [...new Set(several.map((one) => toType(one, side)))].join(" | ");
  if (typeof type === "object") return type.map((one) => toType({ ...schema, type: one }, side)).join(" | ");
  return toPlainType(schema, side);
}

function toPlainType(schema: Schema, side: Side): string {
  switch (schema.type) {
    case undefined:
      return "unknown";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
      // What has no bounds comes with all its digits.
      return schema.minimum === undefined && schema.maximum === undefined ? "bigint" : "number";
    case "array":
      return `readonly ${parenthesize(toType(schema.items ?? {}, side))}[]`;
    case "object":
      return toObjectType(schema, side);
    default:
      throw new Error(`the schema's type ${String(schema.type)} has no TypeScript type yet`);
  }
}

function toObjectType(
  { properties = {}, required = [], additionalProperties = true }: Schema,
  side: Side,
): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const isThere = required.includes(name);
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    const type = toType(schema, side);
    const orNot = !isThere && side === "given" && type !== "unknown" ? " | undefined" : "";
    return `${comment(schema.description)}readonly ${key}${isThere ? "" : "?"}: ${type}${orNot};`;
  });
  if (additionalProperties !== false) {
    const others = typeof additionalProperties === "object" ? toType(additionalProperties, side) : "unknown";
    if (fields.length === 0) return `Readonly<Record<string, ${others}>>`;
    fields.push("readonly [name: string]: unknown;");
  }
  return fields.length === 0 ? "Readonly<Record<string, never>>" : `{\n${indent(fields.join("\n"))}\n}`;
}

function comment(text: string | undefined): string {
  return text === undefined ? "" : `${wrapComment(text)}\n`;
}

function parenthesize(type: string): string {
  return type.includes(" | ") && !isOneObject(type) ? `(${type})` : type;
}

/** Whether the brace that opens a type is closed at its very end. */
function isOneObject(type: string): boolean {
  let depth = 0;
  for (const [index, char] of [...type].entries()) {
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (depth === 0) return index === type.length - 1;
  }
  return false;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
