// Keeps credentials out of whatever an attempt leaves behind: what a destination sends back, what a message
// repeats. Every finding goes through here before anybody else sees it, and every value that came from a
// secret, or stood where a credential stands, is masked in it, in the forms in which texts are usually passed
// on.

import type { CompiledAction } from "@postrider/compose/compile";
import type { ComposedRequest } from "@postrider/compose/request";
import type { Secrets } from "@postrider/compose/secret-grants";
import { isCredentialName, MASK } from "@postrider/shared/credential-names";
import { LRUCache } from "lru-cache";
import type { Finding } from "../attempt.ts";

/** Shorter texts stand in any answer by chance. */
const CHARS_MIN = 4;

/** Values that nobody may see. */
export type Sensitive = ReadonlySet<string>;

/** What the action's secrets make sensitive. */
export function sensitiveSecrets(secrets: Secrets): Set<string> {
  return new Set(Object.values(secrets));
}

/**
 * Adds what a request carries in places of credentials, and in headers whose templates use a secret, also
 * where a filter changed it.
 */
export function addSensitiveHeaders(
  sensitive: Set<string>,
  { headers }: ComposedRequest,
  { secretHeaders }: Pick<CompiledAction, "secretHeaders">,
): void {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    if (isCredentialName(name) || secretHeaders.has(name.toLowerCase()))
      addCredential(sensitive, headers[index + 1] ?? "");
  }
}

/** A credential as it stands in a header, without its scheme, and what Basic packs into it (RFC 7617). */
export function addCredential(sensitive: Set<string>, value: string): void {
  const [, scheme, rest] = /^(\w+) +(\S+)$/.exec(value) ?? [];
  sensitive.add(value);
  if (scheme === undefined || rest === undefined) return;
  sensitive.add(rest);
  if (scheme.toLowerCase() !== "basic") return;
  const pair = Buffer.from(rest, "base64").toString("utf8");
  sensitive.add(pair);
  sensitive.add(pair.slice(pair.indexOf(":") + 1));
}

/** The finding with every sensitive value masked. */
export function conceal<F extends Finding>(finding: F, sensitive: Sensitive): F {
  if (sensitive.size === 0) return finding;
  const forms = allForms(sensitive);
  return concealTexts(finding, (text) => maskForms(text, forms), forms);
}

/** A whole text with every sensitive value masked. */
export function concealText(text: string, sensitive: Sensitive): string {
  return maskForms(text, allForms(sensitive));
}

function allForms(sensitive: Sensitive): string[] {
  return (
    [...new Set([...sensitive].flatMap(formsOf))]
      .filter((form) => form.length >= CHARS_MIN)
      // The longest first: otherwise a part of one could be masked and the rest stay.
      .sort((a, b) => b.length - a.length)
  );
}

function maskForms(text: string, forms: readonly string[]): string {
  return forms.reduce(
    (masked, form) => (masked.includes(form) ? masked.replaceAll(form, MASK) : masked),
    text,
  );
}

function concealTexts<F extends Finding>(finding: F, mask: (text: string) => string, forms: string[]): F {
  switch (finding.kind) {
    case "reply": {
      const body = finding.body.map(mask);
      return {
        ...finding,
        headers: Object.fromEntries(
          Object.entries(finding.headers).map(([name, value]) => [name, mask(value)]),
        ),
        body: finding.isCut ? body.map((text) => withoutBeginning(text, forms)) : body,
        ...(finding.trouble !== undefined && { trouble: mask(finding.trouble) }),
        ...(finding.judged !== undefined && {
          judged: { ...finding.judged, message: mask(finding.judged.message) },
        }),
      };
    }
    case "unsendable":
      return {
        ...finding,
        problems: finding.problems.map((problem) => ({ ...problem, message: mask(problem.message) })),
      };
    case "interrupted":
    case "throttled":
    case "misplaced":
    case "recorded":
    case "newer":
      return finding;
    default:
      return { ...finding, message: mask(finding.message) };
  }
}

/** A text that was cut may end in the first half of a value. */
function withoutBeginning(text: string, forms: readonly string[]): string {
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length >= CHARS_MIN; length--)
      if (text.endsWith(form.slice(0, length))) return `${text.slice(0, -length)}${MASK}`;
  }
  return text;
}

/** Values of actions that are being delivered, and recent tokens. */
const FORMS_KEPT = 1_000;
const formsKept = new LRUCache<string, readonly string[]>({ max: FORMS_KEPT });

function formsOf(value: string): readonly string[] {
  const known = formsKept.get(value);
  if (known !== undefined) return known;
  const forms = toForms(value);
  formsKept.set(value, forms);
  return forms;
}

/**
 * A value as servers repeat it: as it is, in JSON (as Node, Python and PHP write it, and JSON in JSON), in
 * URLs, forms and HTML, in base64 and hex.
 */
function toForms(value: string): string[] {
  const json = escapeJson(value);
  const ascii = json.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const bytes = Buffer.from(value, "utf8");
  const encoded = [
    encodeURIComponent(bytes.toString("utf8")),
    new URLSearchParams([["", value]]).toString().slice(1),
  ];
  const percent = [...encoded, ...encoded.map((text) => text.replace(/%../g, (hex) => hex.toLowerCase()))];
  return [
    value,
    // As they arrive where a header's bytes are taken for UTF-8, and the other way round.
    Buffer.from(value, "latin1").toString("utf8"),
    bytes.toString("latin1"),
    ...[json, ascii, escapeJson(json)].flatMap((text) => [text, text.replaceAll("/", "\\/")]),
    ...percent,
    // A URL inside of a URL.
    ...percent.map(encodeURIComponent),
    value.replace(/[&<>"']/g, (character) => HTML[character] ?? ""),
    bytes.toString("base64"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    ...[0, 1, 2].flatMap((before) => toInnerBase64(bytes, before)),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
  ];
}

/**
 * Characters of base64 that the bytes before a value have a part in, by how many of those there are beyond a
 * group of three.
 */
const SHARED_CHARS = [0, 2, 3] as const;

/**
 * What all base64 of a longer text has in common where the value stands in it: `user:value`, or a whole
 * document.
 */
function toInnerBase64(bytes: Buffer, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  // The last character of a group that is not full is shared with what follows.
  const end = padded.length % 3 === 0 ? 0 : 1;
  return (["base64", "base64url"] as const).map((encoding) => {
    const text = padded.toString(encoding).replace(/=+$/, "");
    return text.slice(SHARED_CHARS[before], text.length - end);
  });
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
