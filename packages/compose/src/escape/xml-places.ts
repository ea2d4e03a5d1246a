// Which of an XML document's outputs stand in attributes: there a reader takes line breaks and tabs for
// spaces (XML 1.0 section 3.3.3).

import type { Grammar } from "./places.ts";

/** In text, in a tag outside quotes, in either kind of quotes, or in what ends with a mark of its own. */
export type XmlState = "text" | "tag" | "double" | "single" | "unknown" | (typeof SECTIONS)[number][1];

/** Where quotes mean nothing: comments, CDATA sections, processing instructions; how each begins and ends. */
const SECTIONS = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;

export const XML: Grammar<XmlState> = {
  start: "text",
  unknown: "unknown",
  read: readXml,
  // A character reference is right in both, so where nobody can tell it is written.
  placeOf: (state) =>
    state === "double" || state === "single" || state === "unknown" ? "xmlAttribute" : "xml",
  isCaptureRead: () => false,
};

/** The state after a text. */
function readXml(text: string, start: XmlState): XmlState {
  let state = start;
  for (let at = 0; at < text.length; ) [state, at] = stepXml(text, at, state);
  return state;
}

function stepXml(text: string, at: number, state: XmlState): [state: XmlState, at: number] {
  switch (state) {
    case "unknown":
      return [state, text.length];
    case "text":
      return leaveText(text, at);
    case "tag":
      return leaveTag(text, at);
    case "double":
      return after(text, '"', at, "tag", state);
    case "single":
      return after(text, "'", at, "tag", state);
    default:
      return after(text, state, at, "text", state);
  }
}

function leaveText(text: string, at: number): [XmlState, number] {
  const found = text.indexOf("<", at);
  if (found < 0) return ["text", text.length];
  const section = SECTIONS.find(([opening]) => text.startsWith(opening, found));
  return section === undefined ? ["tag", found + 1] : [section[1], found + section[0].length];
}

const LEAVES_TAG: Readonly<Record<string, XmlState>> = { '"': "double", "'": "single", ">": "text" };

function leaveTag(text: string, at: number): [XmlState, number] {
  return [LEAVES_TAG[text[at] ?? ""] ?? "tag", at + 1];
}

function after(text: string, mark: string, at: number, next: XmlState, state: XmlState): [XmlState, number] {
  const found = text.indexOf(mark, at);
  return found < 0 ? [state, text.length] : [next, found + mark.length];
}
