// Evaluating what stands between the braces: operands, operators and filters, with plain calls. What is rare
// (ranges, names that depend on data, what is missing) is left to liquidjs' own evaluation.

import { readInteger } from "@postrider/shared/exact-json";
import { type Context, Drop, evalToken, toValueSync, type Value } from "liquidjs";
import { type Argument, heardBy, isNamed } from "../dialect/filters/takes.ts";
import { withoutStrictness } from "../dialect/strictness.ts";
import { toNumber } from "../dialect/to-number.ts";
import { ENCODERS, Encoded, keepEncoding, TEXT_FILTERS } from "../escape/encoded.ts";
import { toJsonLiteral } from "../escape/json-literal.ts";
import { plain } from "../escape/print.ts";

/** The value in a context; `lenient` takes what is missing for null. */
export type Evaluate = (context: Context, lenient?: boolean) => unknown;
type Token = Parameters<typeof evalToken>[0];

/**
 * liquidjs keeps these to itself; its exact version is pinned, and a test holds direct rendering against its
 * own.
 */
interface FilterInside {
  readonly name: string;
  readonly handler: (...all: unknown[]) => never;
  readonly args: readonly Argument<Token>[];
  readonly token: unknown;
  readonly liquid: unknown;
}
interface ContextInside {
  findScope(name: string | number): unknown;
}

interface CompiledFilter {
  readonly name: string;
  readonly args: readonly (Evaluate | readonly [string, Evaluate])[];
  readonly call: (context: Context, value: unknown, args: readonly unknown[]) => unknown;
}

/**
 * A value with its filters, as a plain function.
 * @param written the filters, where they are others than its own.
 * @param beforeLast what is made of the value on its way into the last filter.
 */
export function compileValue(
  value: Value,
  written: readonly unknown[] = value.filters,
  beforeLast: ((value: unknown) => unknown) | null = null,
): Evaluate {
  const initial = compileOperands(value.initial.postfix as readonly Token[]);
  const filters = written.map(compileFilter);
  const last = filters.at(-1);
  if (last !== undefined && beforeLast !== null)
    filters.splice(-1, 1, {
      ...last,
      call: (context, one, args) => last.call(context, beforeLast(one), args),
    });
  const defaultAt = filters.findIndex(({ name }) => name === "default");
  const lastDefault = filters.findLastIndex(({ name }) => name === "default");
  if (filters.length === 0) return initial;
  return (context, lenient) => {
    const isHandled = defaultAt >= 0 && context.opts.lenientIf;
    let result = initial(context, lenient === true || isHandled);
    // Whatever the action says about missing values, no filter makes something of nothing on its way to the
    // default.
    let index = isHandled && (result ?? null) === null ? defaultAt : 0;
    for (let filter = filters[index]; filter !== undefined; filter = filters[++index]) {
      result =
        filter.name === "default"
          ? withDefault(filter, context, result, lenient === true || index < lastDefault)
          : filter.call(context, result, evaluateAll(filter.args, context));
    }
    return result;
  };
}

function evaluateAll(args: CompiledFilter["args"], context: Context, lenient?: boolean): unknown[] {
  return args.map((arg) =>
    typeof arg === "function" ? arg(context, lenient) : [arg[0], arg[1](context, lenient)],
  );
}

/** A default that is missing itself is no fault where it is not needed, nor where another one follows. */
function withDefault(
  { args, call }: CompiledFilter,
  context: Context,
  value: unknown,
  mayBeNothing: boolean,
): unknown {
  const result = call(context, value, evaluateAll(args, context, true));
  if ((result ?? null) === null && !mayBeNothing) evaluateAll(args, context);
  return result;
}

function compileFilter(filter: unknown): CompiledFilter {
  const { name, handler, args: given, token, liquid } = filter as FilterInside;
  const args = heardBy(name, given);
  const encoding = ENCODERS[name];
  const literal =
    name === "default" ? toJsonLiteral((args[0] as { content?: unknown } | undefined)?.content) : null;
  // With data among its arguments the result may be anything.
  const keepsEncoding =
    TEXT_FILTERS.has(name) && args.every((arg) => !isNamed(arg) && arg !== undefined && "content" in arg);
  return {
    name,
    args: args.map((arg) => (isNamed(arg) ? ([arg[0], compileToken(arg[1])] as const) : compileToken(arg))),
    call(context, value, evaluated) {
      const result: unknown = toValueSync(
        handler.apply({ context, token, liquid }, [value, ...evaluated].map(unwrap)),
      );
      if (typeof result !== "string") return result;
      if (name === "default") return keepJson(value, literal, result);
      if (encoding !== undefined) return new Encoded(result, encoding);
      return keepsEncoding ? keepEncoding(value, { name, args }, result) : result;
    },
  };
}

/** What a `default` gives: captured JSON as it is, and its own where that is JSON. */
function keepJson(value: unknown, literal: Encoded | null, result: string): string | Encoded {
  if (value instanceof Encoded && !value.isWhole && value.encoding === "json" && value.text === result)
    return value;
  return literal !== null && unwrap(value) !== result ? literal : result;
}

/** A text without its encoding; of `empty` and `blank` the empty text. */
function unwrap(value: unknown): unknown {
  if (!(value instanceof Drop)) return value;
  return value instanceof Encoded ? value.text : plain(value);
}

/** One operand, or operands and operators in postfix order. */
function compileOperands(postfix: readonly Token[]): Evaluate {
  const [only] = postfix;
  if (postfix.length === 1 && only !== undefined) {
    const literal = toJsonLiteral((only as { content?: unknown }).content);
    return literal === null ? compileToken(only) : () => literal;
  }
  const steps = postfix.map((token) =>
    token !== undefined && "operator" in token
      ? compileOperator(String(token.operator))
      : compileToken(token),
  );
  return (context) => {
    const operands: unknown[] = [];
    // To compare with what is missing is what a condition is for, wherever it stands.
    for (const step of steps)
      operands.push(
        typeof step === "function" ? step(context, context.opts.lenientIf) : step.apply(context, operands),
      );
    return operands[0];
  };
}

function compileOperator(name: string) {
  const isUnary = name === "not";
  return {
    apply(context: Context, operands: unknown[]): unknown {
      const right = operands.pop();
      const operator = context.opts.operators[name] as (...all: unknown[]) => never;
      return toValueSync(isUnary ? operator(right, context) : operator(operands.pop(), right, context));
    },
  };
}

/** One operand, as a plain function. */
export function compileToken(token: Token): Evaluate {
  if (token === undefined) return () => undefined;
  if ("content" in token) {
    const content = exactly(token);
    // `nil` is nothing, wherever it stands; `empty` and `blank` are something to compare with.
    const literal = content instanceof Drop && content.valueOf() === null ? null : content;
    return () => literal;
  }
  if ("lhs" in token) return compileRange(token as unknown as RangeInside);
  const path = toPath(token);
  if (path === null)
    return (context, lenient) => {
      const evaluate = () => toValueSync(evalToken(token, context, lenient));
      // liquidjs is lenient with the value alone, not with the names of which a place in it or a range is
      // made.
      return lenient === true && context.strictVariables ? withoutStrictness(context, evaluate) : evaluate();
    };
  const [root = ""] = path;
  return (context, lenient) => {
    let value = (context as unknown as ContextInside).findScope(root);
    for (const name of path) {
      value = context.readProperty(value as never, name);
      // liquidjs knows how to say what is missing, and when that is no error.
      if (value === undefined && context.strictVariables)
        return toValueSync(evalToken(token, context, lenient));
    }
    return value;
  };
}

/** A literal's value; an integer whose digits a double would change keeps them, as those in data do. */
function exactly(token: Exclude<Token, undefined> & { readonly content: unknown }): unknown {
  const { content } = token;
  if (typeof content !== "number" || Number.isSafeInteger(content)) return content;
  return readInteger(token.getText()) ?? content;
}

interface RangeInside {
  readonly lhs: Token;
  readonly rhs: Token;
}

/**
 * A range of whole numbers. Its ends are read as Ruby reads whole numbers: nothing, and text that is none, is
 * 0.
 */
function compileRange({ lhs, rhs }: RangeInside): Evaluate {
  const ends = [compileToken(lhs), compileToken(rhs)] as const;
  return (context, lenient) => {
    const from = toWhole(ends[0](context, lenient));
    const to = toWhole(ends[1](context, lenient));
    const length = Math.max(0, to - from + 1);
    context.memoryLimit.use(length);
    return Array.from({ length }, (_, index) => from + index);
  };
}

function toWhole(value: unknown): number {
  const bare = unwrap(value);
  return Math.trunc(typeof bare === "string" ? Number.parseFloat(bare) : toNumber(bare)) || 0;
}

/**
 * The names of a property access that are known now; null when one depends on the data, or it is no such
 * access.
 */
function toPath(token: Exclude<Token, undefined>): (string | number)[] | null {
  if (
    !("props" in token) ||
    !Array.isArray(token.props) ||
    ("variable" in token && token.variable !== undefined)
  )
    return null;
  const names: (string | number)[] = [];
  for (const prop of token.props as object[]) {
    if (!("content" in prop) || (typeof prop.content !== "string" && typeof prop.content !== "number"))
      return null;
    names.push(prop.content);
  }
  return names.length === 0 ? null : names;
}
