// Texts by their characters: code points, Ruby's unit, never half of one that JavaScript keeps as two.

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

/** How many characters. */
export function countCharacters(text: string): number {
  return text.length - (text.match(PAIR)?.length ?? 0);
}

/** A piece: from a character on, counted from 0, so many of them. */
export function pieceOf(text: string, from: number, count: number): string {
  const start = skip(text, 0, from);
  return text.slice(start, skip(text, start, count));
}

/** The place in the text after so many characters more. */
function skip(text: string, from: number, count: number): number {
  let at = Math.min(text.length, from);
  for (let left = count; left > 0 && at < text.length; left--) at += sizeAt(text, at);
  return at;
}

function sizeAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

export function firstCharacter(text: string): string {
  return text.slice(0, sizeAt(text, 0));
}

export function lastCharacter(text: string): string {
  const isPair = text.length >= 2 && sizeAt(text, text.length - 2) === 2;
  return text.slice(isPair ? -2 : -1);
}

/** First letter upper case, the rest lower. */
export function capitalize(text: string): string {
  if (/^[\x20-\x7f]/.test(text)) return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  const first = firstCharacter(text);
  // Where a letter becomes several, only the first is a capital: `ß` is `Ss`.
  const upper = first.toUpperCase();
  const capital = firstCharacter(upper);
  return capital + upper.slice(capital.length).toLowerCase() + text.slice(first.length).toLowerCase();
}

/**
 * Less than, equal to or greater than zero, by code points: JavaScript would put emoji before some letters.
 */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates after everything else that takes one unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
