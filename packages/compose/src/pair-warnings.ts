// What an author writes into the pairs of a query or of a form's body and did not mean: what cuts them short,
// and signs that a receiver reads as others.

import type { Action } from "@postrider/shared/action";
import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction, CompiledField } from "./compile.ts";
import { bodiesOf, isPrinting, isRaw, isSilent, isSnippet, textOf } from "./escape/places.ts";
import { bodySyntaxOf } from "./headers.ts";
import { createLocator, type Spot } from "./render/operands.ts";

/** Everything of that kind, in the order of the text. */
export function findPairSurprises({ action, fields }: CompiledAction): Problem[] {
  return fields.flatMap((field) => {
    const isForm = field.field === "body" && bodySyntaxOf(action) === "form";
    if (!isForm && field.field !== "url") return [];
    const text = readOwn(field, action);
    const pairs = [...pairsOf(text.written, isForm)];
    const cut = isForm ? pairs.filter(isCut).slice(0, 1) : [];
    return [
      ...cut.map(({ at }) => ({ ...text.spotAt(at), code: "parameter_alone", message: CUT })),
      ...pairs.filter(hasPlus).map(({ at }) => ({
        ...text.spotAt(at),
        code: "plus_is_space",
        message: isForm ? `${PLUS}, or use form: in place of body` : PLUS,
      })),
    ];
  });
}

const CUT =
  "has a piece without =, which is sent as a parameter of its own: a line break and & end the value before them; use form: in place of body, which encodes whatever a value holds, or write %0A for a line break and %26 for &; a parameter without a value is written name=";
const PLUS = "has a + that the receiver reads as a space; where a plus sign is meant, write %2B";

/** Stand for a value, which is encoded, and for what may write anything. */
const VALUE = "\ue000";
const ANYTHING = "\ue001";

interface Own {
  readonly written: string;
  spotAt(offset: number): Spot & { readonly field: string };
}

type Node = CompiledField["template"]["nodes"][number];

/** A template's own text, with signs for what it does not tell; bodies of tags one behind another. */
function readOwn({ field, template: { nodes } }: CompiledField, action: Action): Own {
  const pieces: { readonly at: number; readonly node: Node }[] = [];
  let written = nodes.length === 0 ? String(action[field as "url" | "body"]) : "";
  const add = (node: Node, text: string): void => {
    pieces.push({ at: written.length, node });
    written += text;
  };
  const walk = (node: Node): void => {
    const text = textOf(node);
    if (text !== null) add(node, text);
    else if (isPrinting(node)) add(node, isRaw(node) || action.escaping === "none" ? ANYTHING : VALUE);
    else if (isSnippet(node)) node.templates.forEach(walk);
    else if (!isSilent(node)) walkBodies(node);
  };
  const walkBodies = (node: Node): void => {
    add(node, ANYTHING);
    for (const body of bodiesOf(node)) {
      body.forEach(walk);
      add(node, ANYTHING);
    }
  };
  nodes.forEach(walk);
  const locate = createLocator();
  return {
    written,
    spotAt(offset) {
      const piece = pieces.findLast(({ at }) => at <= offset);
      if (piece === undefined) return { field, ...locate({ input: written, begin: offset }) };
      const { input, begin, file, trimLeft = 0 } = piece.node.token as Node["token"] & { trimLeft?: number };
      const into = textOf(piece.node) === null ? 0 : trimLeft + offset - piece.at;
      return { field: file ?? field, ...locate({ input, begin: begin + into }) };
    },
  };
}

interface Pair {
  /** Where what can be seen of it begins. */
  readonly at: number;
  readonly text: string;
  /** Whether it goes on like prose: `Tom & …`. */
  readonly isProse: boolean;
}

function* pairsOf(written: string, isForm: boolean): Generator<Pair> {
  const start = isForm ? 0 : (/\?/.exec(written)?.index ?? written.length) + 1;
  const text = isForm ? written : (written.slice(start).split("#", 1)[0] ?? "");
  for (const { 0: pair, index } of text.matchAll(isForm ? /[^&\r\n]+/g : /[^&]+/g)) {
    const seen = pair.trim();
    const isProse = text[index - 1] === "&" && /^[\t ]/.test(pair);
    if (seen !== "") yield { at: start + index + pair.indexOf(seen), text: seen, isProse };
  }
}

/** A piece of the template's own text without a name, or a value that one goes on with. */
function isCut({ text, isProse }: Pair): boolean {
  if (text.includes("=") || text.includes(ANYTHING)) return false;
  return isProse || text.replaceAll(VALUE, "").trim() !== "";
}

/** A telephone number, a zone, a tag in an address of e-mail. */
const MEANT_AS_PLUS = /^\s*\+[\d\ue000(]|[\d\ue000]\+\d\d:\d\d|[\w.]\+[\w.-]*@/;

/** A `+` that cannot be meant as a space, in a value in which nothing is encoded by hand. */
function hasPlus({ text }: Pair): boolean {
  const value = text.slice(text.indexOf("=") + 1);
  if (!text.includes("=") || !value.includes("+") || /%[0-9a-f]{2}/i.test(value)) return false;
  return MEANT_AS_PLUS.test(value) || value.trim().includes(" ");
}
