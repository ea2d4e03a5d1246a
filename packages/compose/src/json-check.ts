// Whether a text is JSON, and if not, where it stops being it. V8 tells the place only sometimes and in
// changing words, so that once JSON.parse has said no, a scanner of our own finds it.

export interface JsonProblem {
  readonly message: string;
  /** From 0, in UTF-16 units. */
  readonly offset: number;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/** Null when the text is JSON; else the place and what stands there. */
export function findJsonProblem(text: string): JsonProblem | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const offset = scan(text);
    return describe(text, offset < 0 ? text.length : offset);
  }
}

/**
 * The same for lines of JSON. Readers take values that go on over several lines, too, so these are no
 * problem.
 */
export function findJsonLinesProblem(text: string): JsonProblem | null {
  try {
    for (const line of text.split("\n")) if (line.trim() !== "") JSON.parse(line);
    return null;
  } catch {
    const offset = scan(text, true);
    return offset < 0 ? null : describe(text, offset);
  }
}

const SHOWN_CHARS = 20;

function describe(text: string, offset: number): JsonProblem {
  const before = text.slice(0, offset);
  const near = text.slice(offset, offset + SHOWN_CHARS);
  const message = near === "" ? "the JSON ends too early" : `is not JSON from here: ${JSON.stringify(near)}`;
  return { message, offset, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

const SPACE = /[\t\n\r ]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The end of what a sticky pattern matches at a place; the place itself when it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** What may come next: `…End` where the container may also close. */
type Expected = "value" | "valueOrEnd" | "name" | "nameOrEnd" | "commaOrEnd";

/** Where one token ends and what may follow it; or, as a number alone, where it went wrong. */
type Stepped = { readonly at: number; readonly expected: Expected } | number;

/**
 * The offset of the first character that cannot stand in JSON (RFC 8259), or with `many` in values of JSON
 * behind one another; the length when the text ends too early, -1 when nothing is wrong.
 */
function scan(text: string, many = false): number {
  /** Open containers, innermost last; no recursion, since hostile nesting would end the stack. */
  const open: string[] = [];
  let at = skip(SPACE, text, 0);
  let expected: Expected = "value";
  while (at < text.length) {
    const stepped = step(text, at, expected, open);
    if (typeof stepped === "number") return stepped;
    expected = many && open.length === 0 ? "value" : stepped.expected;
    at = skip(SPACE, text, stepped.at);
  }
  const isWhole = open.length === 0 && (many || expected === "commaOrEnd");
  return isWhole ? -1 : at;
}

function step(text: string, at: number, expected: Expected, open: string[]): Stepped {
  const innermost = open.at(-1);
  const closes = innermost !== undefined && text[at] === (innermost === "{" ? "}" : "]");
  if (closes && expected.endsWith("OrEnd")) {
    open.pop();
    return { at: at + 1, expected: "commaOrEnd" };
  }
  if (expected === "commaOrEnd") {
    if (text[at] !== "," || innermost === undefined) return at;
    return { at: at + 1, expected: innermost === "{" ? "name" : "value" };
  }
  return expected === "name" || expected === "nameOrEnd" ? stepName(text, at) : stepValue(text, at, open);
}

function stepName(text: string, at: number): Stepped {
  if (text[at] !== '"') return at;
  const end = endOfString(text, at);
  if (end < 0) return ~end;
  const colon = skip(SPACE, text, end);
  return text[colon] === ":" ? { at: colon + 1, expected: "value" } : colon;
}

function stepValue(text: string, at: number, open: string[]): Stepped {
  const character = text[at] ?? "";
  if (character === "{" || character === "[") {
    open.push(character);
    return { at: at + 1, expected: character === "{" ? "nameOrEnd" : "valueOrEnd" };
  }
  const end = character === '"' ? endOfString(text, at) : endOfScalar(text, at);
  return end < 0 ? ~end : { at: end, expected: "commaOrEnd" };
}

/** Past the closing quote; the bitwise complement of the offending place when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return ~at;
    if (code !== 0x5c) continue;
    const end = skip(ESCAPE, text, at);
    if (end === at) return ~at;
    at = end - 1;
  }
  return ~text.length;
}

function endOfScalar(text: string, at: number): number {
  const end = Math.max(skip(NUMBER, text, at), skip(LITERAL, text, at));
  return end === at ? ~at : end;
}
