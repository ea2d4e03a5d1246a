// Which place each output of a URL's template stands in, on every way through the template's branches and
// loops. A value that would stand in the host on one way and behind it on another is refused when the action
// is saved: nobody could escape it for both.

import { BreakTag, ContinueTag, ForTag, LiquidTag, RawTag, type Template } from "liquidjs";
import type { Place } from "./escape.ts";
import { bodiesOf, CONDITIONS, isPrinting, isRaw, isSilent, isSnippet, textOf } from "./places.ts";

/** An output for which there is no place, and why. */
export interface Misplaced {
  readonly output: Template;
  readonly complaint: string;
}

/**
 * Marks the places of a URL's outputs. @returns the first output that no escaping can make safe; null where
 * there is none.
 */
export function findUrlPlaces(nodes: readonly Template[], places: Map<Template, Place>): Misplaced | null {
  const before = new Map<Template, Set<string>>();
  const after = new Map<Template, Set<string>>();
  flow(
    nodes,
    new Set([""]),
    createStep(readOn, before, (list) => list),
  );
  flow(
    nodes.toReversed(),
    new Set([END]),
    createStep(readBack, after, (list) => list.toReversed()),
  );
  for (const [output, states] of before) {
    if (isRaw(output)) continue;
    const place = toPlace(states, after.get(output) ?? new Set());
    if (place === BEGINS || place === AMBIGUOUS) return { output, complaint: place };
    places.set(output, place);
  }
  return null;
}

const BEGINS =
  "begins with a value, which could lead anywhere; write scheme and host, or opt the value out with | raw";
const AMBIGUOUS =
  "has a value that stands in the host on one way through the template and elsewhere on another; give each way its whole URL up to the first / behind the host";

/** Where reading on has come to: a piece of `https://` so far, or one of these. */
const HOST = "host";
const PORT = "port";
const PATH = "path";
const QUERY = "query";
/** No text that goes on like this is a URL, so nothing is sent. */
const BROKEN = "broken";
/** What reading back has met in the authority: the `@` that ends its user info, or its end. */
const AT = "at";
const END = "end";

function toPlace(
  states: ReadonlySet<string>,
  ahead: ReadonlySet<string>,
): Place | typeof BEGINS | typeof AMBIGUOUS {
  const found = [...states].filter((state) => state !== BROKEN);
  const isAll = (...wanted: string[]): boolean => found.every((state) => wanted.includes(state));
  if (isAll(PATH)) return "urlPath";
  if (isAll(QUERY)) return "urlQuery";
  if (isAll(PATH, QUERY)) return "url";
  if (!isAll(HOST, PORT, PATH, QUERY)) return BEGINS;
  if (!isAll(HOST, PORT)) return AMBIGUOUS;
  if (!ahead.has(END)) return "url";
  if (ahead.has(AT) || found.length > 1) return AMBIGUOUS;
  return found[0] === PORT ? "port" : "host";
}

/** What a text, or an output, makes of a state. */
type Read = (text: string | Template, state: string) => string;

const readOn: Read = (text, state) => {
  if (typeof text !== "string") return isRaw(text) && isScheme(state) ? HOST : state;
  let at = state;
  for (const character of text) at = step(at, character.toLowerCase());
  return at;
};

function isScheme(state: string): boolean {
  return "https://".startsWith(state) || "http://".startsWith(state);
}

function step(state: string, character: string): string {
  if (state === BROKEN || state === QUERY) return state;
  if (state === PATH) return "?#".includes(character) ? QUERY : PATH;
  return state === HOST || state === PORT
    ? stepInAuthority(state, character)
    : stepInScheme(state, character);
}

function stepInScheme(state: string, character: string): string {
  const scheme = state === "" && /\s/.test(character) ? "" : state + character;
  if (scheme === "https://" || scheme === "http://") return HOST;
  return isScheme(scheme) ? scheme : BROKEN;
}

function stepInAuthority(state: string, character: string): string {
  if (character === "/" || character === "\\") return PATH;
  if (character === "?" || character === "#") return QUERY;
  if (character === "@" || character === "]") return HOST;
  return character === ":" ? PORT : state;
}

const readBack: Read = (text, state) => {
  const mark = typeof text === "string" ? /[@/\\?#]/.exec(text)?.[0] : undefined;
  if (mark === undefined) return state;
  return mark === "@" ? AT : END;
};

type States = ReadonlySet<string>;
type Step = (node: Template, state: string) => States;

function flow(nodes: readonly Template[], start: States, next: Step): States {
  let states = start;
  for (const node of nodes) states = new Set([...states].flatMap((state) => [...next(node, state)]));
  return states;
}

/** Marks a state at which `break` or `continue` has ended the way through a loop's body. */
const LEFT = "left ";

/**
 * What a node makes of a state, for each node and state found once, so that loops in loops cost no more than
 * others. Fills in the states in which each output is reached. `order`: in which a body's nodes are read.
 */
function createStep(
  read: Read,
  reached: Map<Template, Set<string>>,
  order: (nodes: Template[]) => readonly Template[],
): Step {
  const known = new Map<Template, Map<string, States>>();
  const walk = (nodes: Template[], state: string): States => flow(order(nodes), new Set([state]), next);
  const next: Step = (node, state) => {
    if (state.startsWith(LEFT)) return new Set([state]);
    const ofNode = known.get(node) ?? new Map<string, States>();
    known.set(node, ofNode);
    const found = ofNode.get(state) ?? toNext(node, state);
    ofNode.set(state, found);
    return found;
  };
  const toNext = (node: Template, state: string): States => {
    const text = node instanceof RawTag ? textOfRaw(node) : textOf(node);
    if (text !== null) return new Set([read(text, state)]);
    if (isPrinting(node)) return print(node, state);
    return node instanceof BreakTag || node instanceof ContinueTag ? leave(state) : descend(node, state);
  };
  /** Read back, it is not known what follows a loop that is left: both. */
  const leave = (state: string): States => new Set(read === readBack ? [AT, END] : [LEFT + state]);
  const print = (node: Template, state: string): States => {
    reached.set(node, (reached.get(node) ?? new Set()).add(state));
    return new Set([read(node, state)]);
  };
  const descend = (node: Template, state: string): States => {
    if (isSilent(node)) return new Set([state]);
    if (isSnippet(node) || node instanceof LiquidTag) return walk(node.templates, state);
    return node instanceof ForTag ? loop(node, state) : choose(node, state);
  };
  /** Without an `else`, or where it is not known which bodies are written, none of them may be. */
  const choose = (node: Template, state: string): States => {
    const isClosed = CONDITIONS.some((kind) => node instanceof kind);
    const { elseTemplates } = node as { elseTemplates?: Template[] };
    const ends = bodiesOf(node).flatMap((body) => [...walk(body, state)]);
    return new Set(isClosed && elseTemplates !== undefined ? ends : [...ends, state]);
  };
  /** Every state that any number of rounds leads to. */
  const loop = ({ templates, elseTemplates = [] }: ForTag, state: string): States => {
    const states = new Set([state]);
    for (const one of states)
      for (const end of walk(templates, one)) states.add(end.startsWith(LEFT) ? end.slice(LEFT.length) : end);
    return new Set([...states, ...walk(elseTemplates, state)]);
  };
  return next;
}

/** What stands in a `raw` block, which liquidjs keeps as tokens. */
function textOfRaw(node: RawTag): string {
  const { tokens } = node as unknown as { tokens: readonly { getText(): string }[] };
  return tokens.map((token) => token.getText()).join("");
}
