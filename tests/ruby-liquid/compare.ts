// Holds what Postrider prints against what Ruby's Liquid printed, and finds the rule for each difference.

import { DIFFERENCES, type Difference, type Found } from "./differences.ts";
import { composeRow } from "./ours.ts";
import type { Printed } from "./printed.ts";
import { ROWS, type Row, type RubyRow, readPrints } from "./table.ts";

export interface Comparison {
  readonly same: number;
  /** How many differences each rule covers. */
  readonly covered: ReadonlyMap<Difference, number>;
  readonly uncovered: readonly Found[];
}

/** Composes the whole table. */
export function compareAll(): Comparison {
  const { byTemplate } = readPrints();
  const covered = new Map<Difference, number>(DIFFERENCES.map((rule) => [rule, 0]));
  const uncovered: Found[] = [];
  let same = 0;
  for (const row of ROWS) {
    const ruby = byTemplate.get(row.template);
    if (ruby?.asItIs.length !== row.values.length)
      throw new Error(`nothing is known of ${row.template}: npm run ruby-liquid`);
    const found = findDifferences(row, ruby);
    same += row.values.length - found.length;
    for (const difference of found) {
      const rule = findRule(difference);
      if (rule === undefined) uncovered.push(difference);
      else covered.set(rule, (covered.get(rule) ?? 0) + 1);
    }
  }
  return { same, covered, uncovered };
}

function findDifferences(row: Row, { asItIs, asJson }: RubyRow): Found[] {
  const printed = composeRow(row);
  return row.values.flatMap((value, index) => {
    const ours = printed[index] ?? "";
    if (isSame(ours, asItIs[index] ?? "")) return [];
    const asJsonOf = (other: string): Printed | undefined => asJson[row.values.indexOf(other)];
    return [{ template: row.template, value, ruby: asJson[index] ?? "", ours, asJsonOf }];
  });
}

/** A rule covers its own example. */
function findRule(found: Found): Difference | undefined {
  return DIFFERENCES.find(({ covers, example: [template] }) => template === found.template || covers(found));
}

/** Failures are alike, whatever they say. */
export function isSame(one: Printed, other: Printed): boolean {
  return one === other || (typeof one === "object" && typeof other === "object");
}
