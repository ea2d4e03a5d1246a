// `cycle`, rendered directly: cycles of the same items are one cycle however these are written, and one with
// a name goes on whatever items stand behind it, as in Ruby's Liquid.

import { type Context, type CycleTag, Value } from "liquidjs";
import { print } from "../escape/print.ts";
import type { Operand } from "./operands.ts";
import { compileToken, compileValue, type Evaluate } from "./value.ts";

/** liquidjs keeps these to itself; its exact version is pinned. */
interface CycleInside {
  readonly group?: Parameters<typeof compileToken>[0];
  readonly candidates: readonly (ConstructorParameters<typeof Value>[0] & { getText(): string })[];
  readonly liquid: ConstructorParameters<typeof Value>[1];
}

/** @returns what makes the item whose turn it is. */
export function compileCycle(tag: CycleTag): (context: Context) => unknown {
  const { group, candidates, liquid } = tag as unknown as CycleInside;
  const values = candidates.map((candidate) => new Value(candidate, liquid));
  const items = values.map((value) => compileValue(value));
  const name = group === undefined ? null : compileToken(group);
  const itemsKey = `items:${JSON.stringify(values.map((value, index) => identify(value, candidates[index])))}`;
  return (context) => {
    const turns = context.getRegister("cycle", {}) as Record<string, number>;
    const key = name === null ? itemsKey : `name:${print(name(context))}`;
    const turn = turns[key] ?? 0;
    turns[key] = turn + 1 >= items.length ? 0 : turn + 1;
    return evaluate(items[turn], context);
  };
}

/** A cycle of the same name may have had more items. */
function evaluate(item: Evaluate | undefined, context: Context): unknown {
  return item === undefined ? null : item(context);
}

/** A text or a number by its value; anything else as it is written, but for white space. */
function identify(value: Value, candidate: { getText(): string } | undefined): unknown {
  const [only, ...others] = value.initial.postfix as readonly Operand[];
  const isLiteral = others.length === 0 && value.filters.length === 0;
  if (isLiteral && (typeof only?.content === "string" || typeof only?.content === "number"))
    return only.content;
  return [candidate?.getText().replace(/\s+/g, "")];
}
