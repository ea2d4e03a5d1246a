// An action's document as the composer's fields see it: the parts that have fields of their own, and changes
// of them that leave everything else as it is. Pure.

export type ActionFields = Readonly<Record<string, unknown>>;

export interface Pair {
  readonly name: string;
  readonly value: string;
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export const BODY_KINDS = {
  json: "JSON",
  form: "Form",
  xml: "XML",
  text: "Text",
  none: "None",
} as const;
export type BodyKind = keyof typeof BODY_KINDS;

const CONTENT_TYPE = /^content-type$/i;

/** Whether the fields can show it: what they would not, is edited as a document alone. */
export function fitsFields({ url, headers, form, body, method }: ActionFields): boolean {
  const isText = (value: unknown): boolean => value === undefined || typeof value === "string";
  return isText(url) && isText(body) && isText(method) && isPairs(headers) && isPairs(form);
}

function isPairs(value: unknown): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && value.every(isPair);
}

function isPair(value: unknown): value is Pair {
  if (typeof value !== "object" || value === null) return false;
  const { name, value: text, ...rest } = value as Partial<Record<string, unknown>>;
  return typeof name === "string" && typeof text === "string" && Object.keys(rest).length === 0;
}

export function textOf(document: ActionFields, name: string): string {
  const value = document[name];
  return typeof value === "string" ? value : "";
}

export function pairsOf(document: ActionFields, name: "headers" | "form"): readonly Pair[] {
  const value = document[name];
  return Array.isArray(value) ? value.filter(isPair) : [];
}

/** @param value undefined: the field goes. */
export function withField(document: ActionFields, name: string, value: unknown): ActionFields {
  const { [name]: _, ...rest } = document;
  return value === undefined ? rest : { ...document, [name]: value };
}

/** An empty list of headers is the same as none. */
export function withPairs(
  document: ActionFields,
  name: "headers" | "form",
  pairs: readonly Pair[],
): ActionFields {
  return withField(document, name, pairs.length === 0 && name === "headers" ? undefined : pairs);
}

export function bodyKindOf(document: ActionFields): BodyKind {
  if (document["form"] !== undefined) return "form";
  if (document["body"] === undefined) return "none";
  const type = pairsOf(document, "headers").find(({ name }) => CONTENT_TYPE.test(name))?.value ?? "json";
  if (/\bjson\b/i.test(type)) return "json";
  return /\bxml\b/i.test(type) ? "xml" : "text";
}

const TYPES: Readonly<Partial<Record<BodyKind, string>>> = {
  xml: "application/xml; charset=utf-8",
  text: "text/plain; charset=utf-8",
};

/** The same with another kind of body: its content type follows, and what was written stays where it can. */
export function withBodyKind(document: ActionFields, kind: BodyKind): ActionFields {
  const headers = pairsOf(document, "headers").filter(({ name }) => !CONTENT_TYPE.test(name));
  const type = TYPES[kind];
  const typed = type === undefined ? headers : [...headers, { name: "Content-Type", value: type }];
  const { body, form, ...rest } = withPairs(document, "headers", typed);
  if (kind === "none") return rest;
  if (kind === "form") return { ...rest, form: form ?? [{ name: "name", value: "{{ customer.name }}" }] };
  return { ...rest, body: body ?? STARTS[kind] };
}

const STARTS = {
  json: '{\n  "id": {{ customer.id }}\n}',
  xml: "<customer>{{ customer.id }}</customer>",
  text: "",
};
