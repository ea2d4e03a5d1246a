// Whether a text with values in it can be JSON, or a piece of it, whichever way a template takes; and if so,
// which of its values stand in the texts of that JSON.

import { DecrementTag, ForTag, IncrementTag, type Template as Node } from "liquidjs";
import { type Expression, type Filter, operandsOf, pathOf } from "../render/operands.ts";
import { ANYTHING, type PieceState, stepPiece, stepText, stepValue } from "./json-steps.ts";
import { bodiesOf, CONDITIONS, isPrinting, isRaw, isSilent, LEAVES_DOUBT } from "./places.ts";

export interface ReadPieces {
  /** One state for each way that can be JSON; none where no way can. */
  readonly ends: readonly PieceState[];
  /** Values that stand in a text of the JSON, on some way or on all. */
  readonly inText: ReadonlySet<Node>;
}

interface Reader {
  /** What a text node says; null for any other node. */
  readonly read: (node: Node) => string | null;
  /** Names whose values may be any piece of JSON. */
  readonly loose: ReadonlySet<string>;
}

/** Beyond this many ways nobody can tell. */
const WAYS_MAX = 48;
const ROUNDS_MAX = 4;
/** Characters and nodes, on all ways together: some hundredths of a second. */
const STEPS_MAX = 1_000_000;
/** What may have been written where a template leaves doubt. */
const DOUBT: readonly PieceState[] = [ANYTHING, { ...ANYTHING, within: "text" }];

export function readPieces(nodes: readonly Node[], start: PieceState, reader: Reader): ReadPieces {
  const inText = new Set<Node>();
  let left = STEPS_MAX;
  const walk = (body: readonly Node[], states: readonly PieceState[]): readonly PieceState[] =>
    body.reduce((found, node) => distinct(step(node, found)), states);
  const step = (node: Node, states: readonly PieceState[]): readonly PieceState[] => {
    const text = reader.read(node);
    left -= states.length * (1 + (text?.length ?? 0));
    if (left < 0) return DOUBT;
    if (text !== null) return states.map((state) => stepText(text, state)).filter((state) => state !== null);
    if (isPrinting(node)) return print(node, states);
    return states.length === 0 || isSilent(node) ? states : stepBlock(node, states);
  };
  const stepBlock = (node: Node, states: readonly PieceState[]): readonly PieceState[] => {
    if (isOneOf(node, LEAVES_DOUBT)) return DOUBT;
    if (node instanceof ForTag) return loop(node, states);
    const ends = bodiesOf(node).map((one) => walk(one, states));
    if (!isOneOf(node, CONDITIONS)) return ends.at(-1) ?? states;
    return [...(isComplete(node) ? [] : states), ...ends.flat()];
  };
  const print = (node: Node, states: readonly PieceState[]): readonly PieceState[] => {
    if (states.some(({ within }) => within === "text" || within === "escape")) inText.add(node);
    if (isPiece(node, reader.loose)) return states.map(stepPiece);
    return states.map(stepValue).filter((state) => state !== null);
  };
  const loop = ({ templates, elseTemplates = [] }: ForTag, states: readonly PieceState[]) => {
    let all = distinct([...states, ...walk(elseTemplates, states)]);
    let latest = states;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      latest = walk(templates, latest);
      const before = all.length;
      all = distinct([...all, ...latest]);
      if (all.length === before) return all;
    }
    return [...all, ...DOUBT];
  };
  return { ends: walk(nodes, [start]), inText };
}

function distinct(states: readonly PieceState[]): readonly PieceState[] {
  const all = new Map(states.map((state) => [Object.values(state).join(" "), state]));
  return all.size > WAYS_MAX ? DOUBT : [...all.values()];
}

function isOneOf(node: Node, kinds: readonly (abstract new (...args: never[]) => object)[]): boolean {
  return kinds.some((kind) => node instanceof kind);
}

/** Whether one of its branches is taken for certain. */
function isComplete(node: Node): boolean {
  return (node as { elseTemplates?: Node[] }).elseTemplates !== undefined;
}

/** What they make of an object's JSON may be any piece of it. */
const CUTTERS = /^(?:append|prepend|replace|remove|truncate|truncatewords|slice|strip_html|newline_to_br)/;

/** Whether an output may print a piece of JSON, and not a whole value. */
function isPiece(node: Node, loose: ReadonlySet<string>): boolean {
  if (isRaw(node)) return true;
  if (node instanceof IncrementTag || node instanceof DecrementTag) return false;
  const { value } = node as unknown as { value?: Expression };
  return value !== undefined && isCutOrLoose(value, loose);
}

function isCutOrLoose(value: Expression, loose: ReadonlySet<string>): boolean {
  const names = operandsOf(value).map((operand) => String(pathOf(operand)?.[0]));
  return names.some((name) => loose.has(name)) || value.filters.some(isCutter);
}

export function isCutter({ name }: Filter): boolean {
  return CUTTERS.test(name);
}
