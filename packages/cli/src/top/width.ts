// How many columns of a terminal a text takes, and how it is made to fit. Pure.

import { toVisible } from "../readable.ts";

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * East Asian wide and full-width blocks (Unicode Standard Annex 11); emoji are told by their own property.
 */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f251}\u{20000}-\u{3fffd}]/u;
/** Shown as a picture by itself, or because what follows asks for it. */
const EMOJI = /^\p{Emoji_Presentation}|^\p{Emoji}\ufe0f/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** Columns of a text without control characters. */
export function measure(text: string): number {
  // Most texts are ids.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of GRAPHEMES.segment(text)) columns += columnsOf(segment);
  return columns;
}

function columnsOf(grapheme: string): 0 | 1 | 2 {
  if (NO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}

const CUT = "…";

/** The text in exactly so many columns: cut, or filled up with blanks. */
export function fit(text: string, columns: number, align: "left" | "right" = "left"): string {
  const cut = cutTo(text, columns);
  const blanks = " ".repeat(Math.max(0, columns - measure(cut)));
  return align === "left" ? cut + blanks : blanks + cut;
}

/** The text in so many columns at most; a mark says where it was cut. */
export function cutTo(text: string, columns: number): string {
  if (measure(text) <= columns) return text;
  if (columns <= 0) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += columnsOf(segment);
    if (used > columns - CUT.length) break;
    kept += segment;
  }
  return kept + CUT;
}

/**
 * Text of others in one line of a terminal: what moves the cursor, breaks the line or turns the direction of
 * writing is shown, not obeyed.
 */
export function toCell(text: string): string {
  return toVisible(text).replace(
    /[\t\n\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
