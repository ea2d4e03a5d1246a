// What a query asks for, read with the grammar of Prometheus' own editor.

import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly op: string; readonly value: string }[];
  /** The function whose range it is; null where it has no range, or none takes it. */
  readonly rangeOf: string | null;
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** The labels of each `by`, `on`, `without` and `ignoring`. */
  readonly groupings: readonly (readonly string[])[];
  readonly hasComparison: boolean;
  /** Where the grammar gives up; empty when it does not. */
  readonly syntax: readonly string[];
}

type Node = ReturnType<typeof parser.parse>["topNode"];

/** Grafana's variables as Prometheus would see them. */
export function fillIn(expr: string, variables: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = {
    __rate_interval: "5m",
    __range: "1h",
    namespace: ".*",
    job: ".*",
    instance: ".*",
    ...variables,
  };
  return expr.replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, plain, braced) => all[plain ?? braced] ?? whole);
}

/** Reads a query in which no variable is left. */
export function readQuery(expr: string): Query {
  const selectors: Selector[] = [];
  const groupings: string[][] = [];
  const syntax: string[] = [];
  let hasComparison = false;
  parser.parse(expr).iterate({
    enter({ node }) {
      if (node.type.isError)
        syntax.push(`at ${node.from}: …${expr.slice(Math.max(0, node.from - 20), node.to + 20)}…`);
      if (node.name === "VectorSelector") selectors.push(readSelector(node, expr));
      if (node.name === "GroupingLabels") groupings.push(namesIn(node, expr));
      if (/^(?:Gtr|Lss|Gte|Lte|Eql|Neq)$/.test(node.name) && node.parent?.name === "BinaryExpr")
        hasComparison = true;
    },
  });
  return { selectors, groupings, hasComparison, syntax };
}

function readSelector(node: Node, expr: string): Selector {
  const text = (of: Node | null): string => (of === null ? "" : expr.slice(of.from, of.to));
  const matchers = childrenOf(node.getChild("LabelMatchers"), "UnquotedLabelMatcher").map((matcher) => ({
    label: text(matcher.getChild("LabelName")),
    op: text(matcher.getChild("MatchOp")),
    value: text(matcher.getChild("StringLiteral")).slice(1, -1),
  }));
  return { metric: text(node.getChild("Identifier")), matchers, rangeOf: functionAround(node, expr) };
}

/** The function that a selector with a range is handed to. */
function functionAround(node: Node, expr: string): string | null {
  if (node.parent?.name !== "MatrixSelector") return null;
  for (let at: Node | null = node.parent; at !== null; at = at.parent)
    if (at.name === "FunctionCall") {
      const name = at.getChild("FunctionIdentifier");
      return name === null ? null : expr.slice(name.from, name.to);
    }
  return null;
}

function childrenOf(node: Node | null, name: string): Node[] {
  return node?.getChildren(name) ?? [];
}

function namesIn(node: Node, expr: string): string[] {
  return childrenOf(node, "LabelName").map(({ from, to }) => expr.slice(from, to));
}
