// An action from the fields of another tool's webhook, pasted as JSON: those of Customer.io and of Braze have
// the same parts under other names. Customer.io's templates are Liquid as ours; Braze's names become ours.
// Pure.

import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import type { Pair } from "../action-document.ts";
import { type Brought, toRequest } from "./brought.ts";

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error that says what to change. */
export function fromCustomerIo(text: string): Brought {
  return toBrought(readFields(text), (template) => template, []);
}

/** @throws Error that says what to change. */
export function fromBraze(text: string): Brought {
  const notes = new Set<string>();
  const brought = toBrought(readFields(text), (template) => fromBrazeLiquid(template, notes), notes);
  return brought;
}

function toBrought(fields: Fields, convert: (template: string) => string, notes: Iterable<string>): Brought {
  const url = fields["url"] ?? fields["webhook_url"];
  if (typeof url !== "string" || url === "") throw new Error("The fields have no url.");
  const method = String(fields["method"] ?? fields["request_method"] ?? "POST").toUpperCase();
  const headers = toPairs(fields["headers"] ?? fields["request_headers"]).map(({ name, value }) => ({
    name,
    value: convert(value),
  }));
  const body = toBody(fields["body"] ?? fields["request_body"]);
  const brought = toRequest(
    { method, url: convert(url), body: body === null ? null : convert(body) },
    headers,
  );
  return { document: brought.document, notes: [...notes, ...brought.notes] };
}

/** @throws Error that says what to change. */
function readFields(text: string): Fields {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new Error(`The fields are no JSON: ${(error as Error).message}`, { cause: error });
  }
  const outer = asFields(value);
  if (outer === null) throw new Error("The fields must be a JSON object.");
  // As the tools' own interfaces wrap them.
  return (
    asFields(outer["webhook"]) ??
    asFields(asFields(outer["messages"])?.["webhook"]) ??
    asFields(outer["action"]) ??
    outer
  );
}

function asFields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** `{name: value}`, `[{name, value}]`, `[{key, value}]`, or lines of `Name: value`. */
function toPairs(value: unknown): readonly Pair[] {
  if (typeof value === "string") return value.split(/\r?\n/).flatMap(toPair);
  if (!Array.isArray(value))
    return Object.entries(asFields(value) ?? {}).map(([name, one]) => ({ name, value: String(one) }));
  return value.flatMap((one) => {
    if (typeof one === "string") return toPair(one);
    const { name, key, value: text } = asFields(one) ?? {};
    return [{ name: String(name ?? key ?? ""), value: String(text ?? "") }];
  });
}

function toPair(line: string): Pair[] {
  const [name = "", ...rest] = line.split(":");
  return rest.length === 0 ? [] : [{ name: name.trim(), value: rest.join(":").trim() }];
}

function toBody(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : stringifyExact(value, 2);
}

/** Braze's own names of a profile, where ours is another. */
const RENAMED: Readonly<Record<string, string>> = {
  user_id: "id",
  email_address: "email",
  phone_number: "phone",
};
/** Whose attributes stand where. */
const ROOTS: Readonly<Record<string, string>> = {
  custom_attribute: "customer",
  event_properties: "event",
  api_trigger_properties: "trigger",
  canvas_entry_properties: "trigger",
  context: "journey",
  campaign: "campaign",
  content_blocks: "snippets",
};

const NAMED = /\b([a-z_]+)\.\$\{([^}]+)\}/g;
const OWN = /\$\{([^}]+)\}/g;

function fromBrazeLiquid(template: string, notes: Set<string>): string {
  if (/\{%-?\s*connected_content\b/.test(template))
    notes.add(
      "connected_content asks another server while a template is rendered, which no template does here: put what it fetched into the customer's data.",
    );
  return template.replace(/\{[{%][\s\S]*?[%}]\}/g, (tag) =>
    tag
      .replace(NAMED, (whole, root: string, name: string) => {
        const ours = ROOTS[root];
        if (ours === undefined) notes.add(`${whole} has no counterpart: look where its value comes from.`);
        if (ours === "snippets") notes.add(`The content block ${name} must be a snippet of that name.`);
        return toPath(ours ?? root, name);
      })
      .replace(OWN, (_, name: string) => toPath("customer", RENAMED[name] ?? name)),
  );
}

function toPath(root: string, name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}
