// Pieces of a path, query, form or XML document that a template builds under a name: where they land they are
// encoded as one value, with the signs in them that were meant to part it. Whether they were, nobody but
// their author can say.

import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction, CompiledField } from "./compile.ts";
import type { Place } from "./escape/escape.ts";
import { findPlacesByText, type Grammar, isRaw } from "./escape/places.ts";
import { findPrepared } from "./escape/prepared.ts";
import { bodySyntaxOf } from "./headers.ts";
import { createWarn } from "./node-warning.ts";

/** Everything of that kind, in the order of the text. */
export function findPieceWarnings({ action, fields }: CompiledAction): Problem[] {
  if (action.escaping === "none") return [];
  return fields.flatMap((field) => {
    const kind = field.field === "body" ? bodySyntaxOf(action) : field.field;
    if (kind !== "url" && kind !== "form" && kind !== "xml") return [];
    const warn = createWarn(field, action);
    return findPieces(field, kind).map(({ node, piece }) => warn(node, "piece_encoded", MESSAGES[piece]));
  });
}

const MESSAGES = {
  path: 'is encoded as one segment, with the / or ? of the template\'s own text in it; write these into the URL itself, where each value is encoded, or {{ … | url_encode | replace: "+", "%20" }} for each value in it and | raw behind the whole; where one segment is meant, | url_encode behind the whole says so',
  pairs:
    "is encoded as one value, with the = or & of the template's own text in it; write the parameters where they are sent, each value is encoded there, or url_encode each value in it and write | raw behind the whole; where one value is meant, | url_encode behind the whole says so",
  xml: "is escaped as one text, with the < of the template's own text in it; write the elements into the document itself, where each value is escaped, or escape each value in it and write | raw behind the whole; where a text with markup in it is meant, | escape behind the whole says so",
} as const;

type Node = CompiledField["template"]["nodes"][number];

interface Piece {
  readonly node: Node;
  readonly piece: keyof typeof MESSAGES;
}

function findPieces({ template: { nodes, places } }: CompiledField, kind: "url" | "form" | "xml"): Piece[] {
  const prepared = findPrepared(nodes, kind === "xml" ? "xml" : "url");
  const stands = kind === "xml" ? places.of : findStands(nodes, kind);
  return [...prepared].flatMap(([node, { made, text }]) => {
    const place = places.of.get(node) ?? places.otherwise;
    if (made !== "not" || isRaw(node) || place === "plain") return [];
    const piece = toPiece(text, place, stands.get(node));
    return piece === null ? [] : [{ node, piece }];
  });
}

/** What a text of the template's own is a piece of, at its place; null where it may well be one value. */
function toPiece(text: string, place: Place, stands: Place | undefined): Piece["piece"] | null {
  if (place === "xml") return /<[a-z_/!?]/i.test(text) ? "xml" : null;
  if (text.includes("://")) return null;
  if (place === "urlPath") return /\/|\?[\w.[\]-]+=/.test(text) ? "path" : null;
  return (place === "urlQuery" || place === "form") && isPairs(text, stands === AT_NAME) ? "pairs" : null;
}

function isPairs(text: string, isAtName: boolean): boolean {
  if (text.includes("?")) return false;
  return (isAtName && /[=&]/.test(text)) || /&[\w.[\]-]+=/.test(text);
}

/** Where in a query or form a value stands, told apart by places. */
const AT_NAME: Place = "urlQuery";

type PairState = "path" | "name" | "value" | "unknown";

const PAIRS: Omit<Grammar<PairState>, "start"> = {
  unknown: "unknown",
  read: (text, start) => [...text].reduce<PairState>(readPair, start),
  placeOf: (state) => (state === "name" ? AT_NAME : "plain"),
  isCaptureRead: () => false,
};

function readPair(state: PairState, character: string): PairState {
  if (state === "path") return character === "?" ? "name" : state;
  if (character === "=") return "value";
  return /[&\r\n]/.test(character) ? "name" : state;
}

function findStands(nodes: readonly Node[], kind: "url" | "form"): ReadonlyMap<Node, Place> {
  const stands = new Map<Node, Place>();
  findPlacesByText(nodes, { ...PAIRS, start: kind === "url" ? "path" : "name" }, stands);
  return stands;
}
