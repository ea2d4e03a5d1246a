// The steps of reading JSON of which only a piece is known: what may come next, and whether a character, a
// value or something of which nobody can tell may come at all.

/**
 * What may come next. `any`: whatever JSON has; `first`: that, and nothing has come yet. `member`, `shut`:
 * what follows a value of which nobody knows what it stands in; after a text that may be a colon. `end`:
 * nothing, behind a whole document.
 */
type Expected =
  | "first"
  | "any"
  | "value"
  | "valueOrEnd"
  | "name"
  | "nameOrEnd"
  | "colon"
  | "after"
  | "member"
  | "shut"
  | "end";

export interface PieceState {
  /** What is open, innermost last; `$` is the bottom of a whole document. */
  readonly open: string;
  readonly expected: Expected;
  /** `bare`: in a number, literal or value, which may go on. */
  readonly within: "nothing" | "text" | "escape" | "bare";
  /** Whether a text has stood in a list or object, as people hardly write it but in JSON. */
  readonly hasText: boolean;
}

export const ANYTHING: PieceState = { open: "", expected: "any", within: "nothing", hasText: false };
/** The start of a piece of which nothing is known. */
export const PIECE: PieceState = { ...ANYTHING, expected: "first" };
export const DOCUMENT: PieceState = { open: "$", expected: "value", within: "nothing", hasText: false };

const TAKES_VALUE: ReadonlySet<Expected> = new Set(["first", "any", "value", "valueOrEnd"]);
const TAKES_NAME: ReadonlySet<Expected> = new Set(["name", "nameOrEnd"]);
/** What is open beyond that is forgotten. */
const DEPTH_MAX = 100;
const SPACE = /[\t\n\r ]/;
const BARE = /[-+.\w]+/y;
const NUMBER = /^[-+]?\d*\.?\d*(?:[eE][-+]?\d*)?$/;
const LITERALS = ["true", "false", "null"];

/** The state after a text of the template's own; null where no JSON goes on so. */
export function stepText(text: string, start: PieceState): PieceState | null {
  let state: PieceState | null = start;
  for (let at = 0; at < text.length && state !== null; at++) {
    if (state.within === "text" || state.within === "escape") {
      state = stepInText(text.charAt(at), state);
      continue;
    }
    BARE.lastIndex = at;
    const [bare] = BARE.exec(text) ?? [];
    state = bare === undefined ? stepMark(text.charAt(at), state) : stepBare(bare, state);
    at += (bare ?? " ").length - 1;
  }
  return state;
}

function stepInText(character: string, state: PieceState): PieceState {
  if (state.within === "escape") return { ...state, within: "text" };
  if (character === '"') return { ...state, within: "nothing" };
  return character === "\\" ? { ...state, within: "escape" } : state;
}

function stepBare(bare: string, state: PieceState): PieceState | null {
  if (!NUMBER.test(bare) && !LITERALS.some((literal) => literal.includes(bare))) return null;
  if (state.within === "bare") return state;
  return TAKES_VALUE.has(state.expected) ? { ...state, expected: behindValue(state), within: "bare" } : null;
}

function stepMark(character: string, found: PieceState): PieceState | null {
  const state: PieceState = found.within === "bare" ? { ...found, within: "nothing" } : found;
  return SPACE.test(character) ? state : (MARKS[character]?.(state) ?? null);
}

const MARKS: Readonly<Record<string, (state: PieceState) => PieceState | null>> = {
  '"': stepQuote,
  "{": (state) => stepOpen("{", "nameOrEnd", state),
  "[": (state) => stepOpen("[", "valueOrEnd", state),
  "}": (state) => stepEnd("{", state),
  "]": (state) => stepEnd("[", state),
  ",": stepComma,
  ":": stepColon,
};

function stepOpen(opened: string, expected: Expected, state: PieceState): PieceState | null {
  // Behind a value that is complete the next one may begin, as in lines of JSON.
  const isNext = state.expected === "shut" && state.open === "";
  if (!TAKES_VALUE.has(state.expected) && !isNext) return null;
  if (state.open.length >= DEPTH_MAX) return stepPiece(state);
  return { ...state, open: state.open + opened, expected };
}

function stepColon(state: PieceState): PieceState | null {
  if (state.expected === "colon") return { ...state, expected: "value" };
  return /^(?:first|any|member)$/.test(state.expected) ? { ...state, expected: "any" } : null;
}

function stepQuote(state: PieceState): PieceState | null {
  const { expected } = state;
  const hasText = state.hasText || /[[{]$/.test(state.open);
  if (TAKES_NAME.has(expected)) return { ...state, expected: "colon", within: "text", hasText };
  if (!TAKES_VALUE.has(expected)) return null;
  return { ...state, expected: behindValue(state, true), within: "text", hasText };
}

function stepComma(state: PieceState): PieceState | null {
  if (/^(?:first|any|member|shut)$/.test(state.expected)) return { ...state, expected: "any" };
  if (state.expected !== "after") return null;
  return { ...state, expected: state.open.endsWith("{") ? "name" : "value" };
}

function stepEnd(opened: string, state: PieceState): PieceState | null {
  if (/^(?:first|any|member|shut)$/.test(state.expected)) return { ...state, expected: "shut" };
  if (!state.open.endsWith(opened) || !/^(?:after|.*OrEnd)$/.test(state.expected)) return null;
  const outer = { ...state, open: state.open.slice(0, -1) };
  return { ...outer, expected: behindValue(outer) };
}

function behindValue({ open }: PieceState, mayBeName = false): Expected {
  if (open === "") return mayBeName ? "member" : "shut";
  return open === "$" ? "end" : "after";
}

/** The state after a value that is escaped for its place; beside a number or value it may be more of it. */
export function stepValue(state: PieceState): PieceState | null {
  if (state.within === "text" || state.within === "bare") return state;
  if (state.within === "escape") return { ...state, within: "text" };
  if (TAKES_NAME.has(state.expected)) return { ...state, expected: "colon", within: "bare" };
  if (!TAKES_VALUE.has(state.expected)) return null;
  return { ...state, expected: behindValue(state, true), within: "bare" };
}

/** The state after what may be any piece of JSON. */
export function stepPiece(state: PieceState): PieceState {
  if (state.within === "escape") return { ...state, within: "text" };
  return state.within === "text" ? state : { ...ANYTHING, hasText: state.hasText };
}
