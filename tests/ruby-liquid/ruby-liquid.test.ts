// Every filter and tag that both know, held against Ruby's Liquid on the table: what differs does so by a
// rule, or is a fault.

import { createDialect } from "@postrider/compose/dialect/dialect";
import { expect, test } from "vitest";
import { compareAll } from "./compare.ts";
import { DIFFERENCES } from "./differences.ts";
import { composeRow } from "./ours.ts";
import type { Printed } from "./printed.ts";
import { ROWS, readPrints } from "./table.ts";

const { versions, filters, tags, byTemplate } = readPrints();
const { covered, uncovered } = compareAll();

test("what Ruby printed is known of the whole table (npm run ruby-liquid)", () => {
  expect(versions).toEqual({ "ruby-liquid": "5.4.0", ruby: "3.1.2" });
  expect([...byTemplate.keys()]).toEqual(ROWS.map(({ template }) => template));
});

test("the table has every filter and every tag that both know", () => {
  const ours = createDialect({ failOnMissing: false });
  const templates = [...byTemplate.keys()].join("\n");
  const missing = [
    ...filters.filter((name) => name in ours.filters && !new RegExp(`\\| *${name}\\b`).test(templates)),
    ...tags.filter((name) => name in ours.tags && !new RegExp(`{%-? *${name}(?!\\w)`).test(templates)),
  ];
  expect(missing).toEqual([]);
});

test("no difference is without a rule", () => {
  expect(
    uncovered.slice(0, 20).map(({ template, value, ruby, ours }) => ({ template, value, ruby, ours })),
  ).toEqual([]);
});

test.each([...covered].map(([{ because }, count]) => [because, count] as const))(
  "the rule still covers something: %s",
  (_, count) => {
    expect(count).toBeGreaterThan(0);
  },
);

const shown = (printed: Printed | undefined): string | undefined =>
  typeof printed === "object" ? "fails" : printed;

test.each(DIFFERENCES.map(({ example }) => example))(
  "%s prints %j in Ruby, and %j here",
  (template, ruby, ours) => {
    expect(shown(byTemplate.get(template)?.asItIs[0])).toBe(ruby);
    expect(shown(composeRow({ template, values: [null] })[0])).toBe(ours);
  },
);
