// Direct evaluation of parsed templates. liquidjs drives everything through generators, so that filters and data may be
// promises; ours never are, and the driver costs more than the work. The hot nodes (text, outputs, conditions, values) are given
// plain functions instead, one instance at a time; every other tag stays liquidjs' own and meets them through its own calls.

import {
  type Context,
  type Emitter,
  evalToken,
  IfTag,
  Output,
  type Template,
  toValue,
  toValueSync,
  UnlessTag,
  Value,
} from "liquidjs";

type Evaluate = (context: Context, lenient?: boolean) => unknown;
type Token = Parameters<typeof evalToken>[0];

/** liquidjs keeps these to itself; its exact version is pinned, and a test holds direct rendering against its own. */
interface FilterInside {
  readonly name: string;
  readonly handler: (...all: unknown[]) => never;
  readonly args: readonly (Token | readonly [string, Token])[];
  readonly token: unknown;
  readonly liquid: unknown;
}
interface ContextInside {
  findScope(name: string | number): unknown;
}

/** What a node renders: text, nothing (it wrote to the emitter itself), or liquidjs' generator of either. */
type Render = (context: Context, emitter: Emitter) => unknown;

/** Gives the hot nodes of a tree plain functions. Changes the nodes, and only how fast they are. */
export function makeDirect(nodes: readonly Template[]): void {
  for (const node of nodes) {
    for (const value of Object.values(node)) makeValueDirect(value);
    for (const children of childrenOf(node)) makeDirect(children);
    if (node instanceof Output) (node as { render: Render }).render = outputRender(node);
    else if (node instanceof IfTag || node instanceof UnlessTag)
      (node as { render: Render }).render = conditionRender(node);
  }
}

function makeValueDirect(value: unknown): void {
  if (value instanceof Value) (value as unknown as { value: Evaluate }).value = compileValue(value);
}

/** Every tag of liquidjs that has a body keeps it in one of these. */
interface Bodies {
  readonly templates?: Template[];
  readonly elseTemplates?: Template[];
  readonly branches?: readonly {
    readonly value?: unknown;
    readonly values?: readonly unknown[];
    readonly templates: Template[];
  }[];
}

function childrenOf(node: Template): Template[][] {
  const { templates = [], elseTemplates = [], branches = [] } = node as Bodies;
  for (const { value, values = [] } of branches) for (const one of [value, ...values]) makeValueDirect(one);
  return [templates, elseTemplates, ...branches.map((branch) => branch.templates)];
}

/** Renders nodes in order, as liquidjs' own renderer does. What goes wrong is thrown with its place in the template. */
export function renderDirect(nodes: readonly Template[], context: Context, emitter: Emitter): void {
  for (const node of nodes) {
    try {
      const rendered = (node as { render: Render }).render(context, emitter);
      const text = typeof rendered === "object" ? toValueSync(rendered as never) : rendered;
      if (text) emitter.write(text as string);
    } catch (error) {
      throw toPlaced(error, node);
    }
    if (context.breakCalled || context.continueCalled) return;
  }
}

/** liquidjs' own errors know their place, and end with it. */
function toPlaced(error: unknown, { token }: Template): unknown {
  if (!(error instanceof Error) || "token" in error) return error;
  const [line, column] = token.getPosition();
  return Object.assign(new Error(`${error.message}, line:${line}, col:${column}`, { cause: error }), {
    token,
  });
}

function outputRender({ value }: Output): Render {
  const evaluate = value.value as unknown as Evaluate;
  return (context, emitter) => {
    emitter.write(toValue(evaluate(context)) as string);
  };
}

/** `if` and `unless`: the first branch whose value is truthy, that is neither false nor absent (Liquid's own idea of truth). */
function conditionRender(tag: IfTag | UnlessTag): Render {
  const isUnless = tag instanceof UnlessTag;
  return (context, emitter) => {
    for (const [index, branch] of tag.branches.entries()) {
      const value = toValue((branch.value.value as unknown as Evaluate)(context, context.opts.lenientIf));
      const isTruthy = value !== false && value !== undefined && value !== null;
      if (isTruthy !== (isUnless && index === 0)) return renderDirect(branch.templates, context, emitter);
    }
    renderDirect(tag.elseTemplates ?? [], context, emitter);
  };
}

interface CompiledFilter {
  readonly name: string;
  readonly args: readonly (Evaluate | readonly [string, Evaluate])[];
  readonly call: (context: Context, value: unknown, args: readonly unknown[]) => unknown;
}

function compileValue(value: Value): Evaluate {
  const initial = compileOperands(value.initial.postfix as readonly Token[]);
  const filters = value.filters.map(compileFilter);
  const startsWithDefault = filters[0]?.name === "default";
  if (filters.length === 0) return initial;
  return (context, lenient) => {
    let result = initial(context, lenient === true || (startsWithDefault && context.opts.lenientIf));
    for (const { args, call } of filters) {
      result = call(
        context,
        result,
        args.map((arg) => (typeof arg === "function" ? arg(context) : [arg[0], arg[1](context)])),
      );
    }
    return result;
  };
}

function compileFilter(filter: unknown): CompiledFilter {
  const { name, handler, args, token, liquid } = filter as FilterInside;
  return {
    name,
    args: args.map((arg) => (isNamed(arg) ? ([arg[0], compileToken(arg[1])] as const) : compileToken(arg))),
    call: (context, value, evaluated) =>
      toValueSync(handler.apply({ context, token, liquid }, [value, ...evaluated])),
  };
}

function isNamed(arg: Token | readonly [string, Token]): arg is readonly [string, Token] {
  return Array.isArray(arg);
}

/** One operand, or operands and operators in postfix order. */
function compileOperands(postfix: readonly Token[]): Evaluate {
  const [only] = postfix;
  if (postfix.length === 1 && only !== undefined) return compileToken(only);
  const steps = postfix.map((token) =>
    token !== undefined && "operator" in token
      ? compileOperator(String(token.operator))
      : compileToken(token),
  );
  return (context, lenient) => {
    const operands: unknown[] = [];
    for (const step of steps)
      operands.push(typeof step === "function" ? step(context, lenient) : step.apply(context, operands));
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

function compileToken(token: Token): Evaluate {
  if (token === undefined) return () => undefined;
  if ("content" in token) {
    const { content } = token;
    return () => content;
  }
  const path = toPath(token);
  if (path === null) return (context, lenient) => toValueSync(evalToken(token, context, lenient));
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

/** The names of a property access that are known now; null when one depends on the data, or it is no such access. */
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
