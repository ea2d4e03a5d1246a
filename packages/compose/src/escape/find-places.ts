// Where each value of a template lands, by what its text is.

import type { Template as Node } from "liquidjs";
import { everyNode } from "../render/operands.ts";
import { settleCaptures } from "./captures.ts";
import type { Place } from "./escape.ts";
import { followJoins } from "./listed.ts";
import { findPlacesByText, isPrinting, isRaw, JSON_TEXT, markAll, textOf } from "./places.ts";
import { findUrlPlaces, type Misplaced } from "./url-places.ts";
import { XML } from "./xml-places.ts";

/** What a field's text is, which decides how values in it are escaped. */
export type Syntax = "plain" | "json" | "url" | "form" | "xml";

const IN_CDATA =
  "has a value in a CDATA section, which a value could end; leave <![CDATA[ and ]]> out, since values are escaped, or opt the value out with | raw";

export interface FoundPlaces {
  readonly of: ReadonlyMap<Node, Place>;
  readonly otherwise: Place;
  /** The captures whose text is JSON, or a piece of it. */
  readonly jsonCaptures: ReadonlySet<Node>;
}

const NONE: ReadonlySet<Node> = new Set();

/** The place of each output of a parsed template, or the first for which there is none. */
export function findPlaces(nodes: readonly Node[], syntax: Syntax): FoundPlaces | Misplaced {
  const of = new Map<Node, Place>();
  if (syntax === "plain") return { of, otherwise: "plain", jsonCaptures: NONE };
  if (syntax === "json") return findJsonPlaces(nodes);
  if (syntax === "xml") {
    findPlacesByText(nodes, XML, of);
    const inCdata = findInCdata(nodes);
    return inCdata === null
      ? { of, otherwise: "xmlAttribute", jsonCaptures: NONE }
      : { output: inCdata, complaint: IN_CDATA };
  }
  markAll(nodes, syntax, of);
  const misplaced = syntax === "url" ? findUrlPlaces(nodes, of) : null;
  return misplaced ?? { of, otherwise: syntax, jsonCaptures: NONE };
}

/** In JSON each output has a place. */
export function findJsonPlaces(nodes: readonly Node[]): FoundPlaces {
  const of = new Map<Node, Place>();
  findPlacesByText(nodes, JSON_TEXT, of);
  followJoins(nodes, of);
  return { of, otherwise: "jsonUnknown", jsonCaptures: settleCaptures(nodes, of) };
}

/**
 * The first output between `<![CDATA[` and `]]>`, where entities mean nothing and no escaping can keep a
 * value inside.
 */
function findInCdata(nodes: readonly Node[]): Node | null {
  let isInside = false;
  for (const node of everyNode(nodes)) {
    const text = textOf(node) ?? "";
    if (/<!\[CDATA\[|\]\]>/.test(text)) isInside = text.lastIndexOf("<![CDATA[") > text.lastIndexOf("]]>");
    if (isInside && isPrinting(node) && !isRaw(node)) return node;
  }
  return null;
}
