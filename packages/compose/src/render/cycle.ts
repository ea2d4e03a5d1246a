// `cycle`, rendered directly: cycles of the same items are one cycle however these are written, and one with
// a name goes on whatever items stand behind it, as in Ruby's Liquid.

import { type Context, type CycleTag, Value } from "liquidjs";
import { print } from "../escape/print.ts";
import type { Operand } from "./operands.ts";
import { compileToken, compileValue, type Evaluate } from "./value.ts";

/** An item as liquidjs keeps it; its exact version is pinned. */
type Candidate = ConstructorParameters<typeof Value>[0] & {
  readonly initial: { readonly postfix: readonly (Operand | undefined)[] };
  readonly filters: readonly unknown[];
  getText(): string;
};

interface CycleInside {
  readonly group?: Parameters<typeof compileToken>[0];
  readonly candidates: readonly Candidate[];
  readonly liquid: ConstructorParameters<typeof Value>[1];
}

/** @returns what makes the item whose turn it is. */
export function compileCycle(tag: CycleTag): (context: Context) => unknown {
  const { group, candidates, liquid } = tag as unknown as CycleInside;
  const name = group === undefined ? null : compileToken(group);
  const itemsKey = `items:${JSON.stringify(candidates.map(identify))}`;
  const items: (Evaluate | undefined)[] = [];
  return (context) => {
    const turns = context.getRegister("cycle", {}) as Record<string, number>;
    const key = name === null ? itemsKey : `name:${print(name(context))}`;
    const turn = turns[key] ?? 0;
    turns[key] = turn + 1 >= candidates.length ? 0 : turn + 1;
    const candidate = candidates[turn];
    // A cycle of the same name may have had more items.
    if (candidate === undefined) return null;
    // Not before its turn: what is wrong with an item that never has one ends no delivery.
    items[turn] ??= compileValue(new Value(candidate, liquid));
    return items[turn](context);
  };
}

/** A text or a number by its value; anything else as it is written, but for white space. */
function identify(candidate: Candidate): unknown {
  const [only, ...others] = candidate.initial.postfix;
  const isLiteral = others.length === 0 && candidate.filters.length === 0;
  if (isLiteral && (typeof only?.content === "string" || typeof only?.content === "number"))
    return only.content;
  return [candidate.getText().replace(/\s+/g, "")];
}
