// The two settings about missing values give the same branches: what differs is only whether a delivery
// fails. Held over whole statements, with defaults, ranges, places in lists and expressions over items.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";

type Missing = "fail" | "empty";

function compose(body: string, customer: object, missing: Missing): string {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const action = compileAction(
    parseAction({ id: "a", url: "https://h.example.com/", headers, body, missing }),
  );
  const composed = action.compose({ id: "d", dueAt: 0 }, { customer: { id: 1, ...customer } });
  if (composed.kind === "request") return String(composed.request.body);
  return composed.kind === "problem" ? `${composed.reason}: ${composed.problems[0]?.message}` : composed.kind;
}

const CUSTOMER = {
  name: "Ann",
  list: [1, 2, 3],
  empty: [],
  items: [{ sku: "A", on: true }, { sku: "B" }, { sku: "C", on: false }, { sku: "D", on: null }],
};

describe("the same under both settings", () => {
  test.each([
    ["{% assign n = customer.none | size | default: 5 %}{% if n == 5 %}yes{% else %}no{% endif %}", "yes"],
    ["{{ customer.none | append: '!' | default: 'x' }}", "x"],
    ["{% if customer.list[customer.none] == nil %}yes{% else %}no{% endif %}", "yes"],
    ["{% if customer[customer.none] %}yes{% else %}no{% endif %}", "no"],
    ["{% case customer.list[customer.none] %}{% when nil %}yes{% else %}no{% endcase %}", "yes"],
    ["{% if customer.list contains customer.list[customer.none] %}yes{% else %}no{% endif %}", "no"],
    ["{% for i in (customer.none..2) %}{{ i }}{% else %}none{% endfor %}", "012"],
    ["{% for i in (1..customer.none) %}{{ i }}{% else %}none{% endfor %}", "none"],
    ["{{ customer.none < 18 }} {{ customer.none == nil }}", "false true"],
    ["{% if customer.none.deeper.first < 3 or customer.none.size >= 0 %}yes{% else %}no{% endif %}", "no"],
    ["{{ customer.name | default: customer.none }}", "Ann"],
    ["{{ customer.none | default: customer.other | default: 'friend' }}", "friend"],
    ["{% if customer.none | default: customer.other %}yes{% else %}no{% endif %}", "no"],
    ["{% for i in customer.list limit: 0 %}{{ i }}{% else %}none{% endfor %}", "none"],
    ["{% for i in customer.list offset: 9 %}{{ i }}{% else %}none{% endfor %}", "none"],
    ["{% for i in customer.list limit: nil offset: nil %}{{ i }}{% endfor %}", "123"],
    ["{{ customer.items | where: 'on', nil | map: 'sku' | join }}", "A"],
    ["{{ customer.items | reject: 'on', nil | map: 'sku' | join }}", "B C D"],
    ["{{ customer.items | where_exp: 'i', 'i.on' | map: 'sku' | join }}", "A"],
    ["{{ customer.items | where_exp: 'i', 'i.sku' | map: 'sku' | join }}", "A B C D"],
    ["{{ customer.items | reject_exp: 'i', 'i.on' | map: 'sku' | join }}", "B C D"],
    ["{{ customer.items | find_index_exp: 'i', 'i.on == false' }}", "2"],
    ["{{ customer.items | has_exp: 'i', 'i.price < 3' }}", "false"],
    ["{{ customer.items | group_by_exp: 'i', 'nil' | map: 'name' | json }}", "[null]"],
  ])("%s prints %j", (body, text) => {
    expect(compose(body, CUSTOMER, "fail")).toBe(text);
    expect(compose(body, CUSTOMER, "empty")).toBe(text);
  });

  test("a default that is missing itself fails only where it is needed, and is named", () => {
    const body = "{{ customer.nick | default: customer.none }}";
    for (const customer of [{}, { nick: null }, { nick: "" }])
      expect(compose(body, customer, "fail")).toMatch(/^value_missing: customer\.none /);
    expect(compose(body, { nick: "Annie" }, "fail")).toBe("Annie");
    expect(compose(body, {}, "empty")).toBe("");
  });
});

describe("a setting about missing values never flips a branch", () => {
  const operand = fc.constantFrom(
    ...[
      "customer.a",
      "customer.b.c",
      "customer.l",
      "customer.l.size",
      "customer.l[customer.a]",
      "customer.l.first",
    ],
    ...["customer[customer.b]", "nil", "empty", "blank", "0", "'x'", "''", "true", "(customer.a..2)"],
  );
  const sign = fc.constantFrom("==", "!=", "<>", "<", ">", "<=", ">=", "contains", "not contains");
  const comparison = fc.tuple(operand, sign, operand).map((parts) => parts.join(" "));
  const condition = fc
    .tuple(comparison, fc.constantFrom("and", "or", "and not"), fc.oneof(operand, comparison))
    .map((parts) => parts.join(" "));
  const filters = fc.constantFrom(
    "",
    " | size",
    " | upcase",
    " | first",
    " | json",
    " | size | default: 5",
    " | default: 'x' | size",
  );
  const statement = fc.oneof(
    condition.map((one) => `{% if ${one} %}1{% else %}2{% endif %}`),
    condition.map((one) => `{% unless ${one} %}1{% elsif ${one} %}2{% else %}3{% endunless %}`),
    fc
      .tuple(operand, filters, operand, operand)
      .map(
        ([of, with_, one, other]) =>
          `{% case ${of}${with_} %}{% when ${one} %}1{% when ${other}, 0 %}2{% else %}3{% endcase %}`,
      ),
    condition.map((one) => `{% assign x = ${one} %}{% if x %}1{% else %}2{% endif %}`),
    fc
      .tuple(operand, filters, operand)
      .map(([of, with_, one]) => `{% assign x = ${of}${with_} %}{% if x == ${one} %}1{% else %}2{% endif %}`),
    condition.map((one) => `{{ customer.l | where_exp: "i", "i.k == 1 or ${one}" | size }}`),
    condition.map((one) => `{{ ${one} }}`),
    fc.tuple(operand).map(([one]) => `{% for i in ${one} %}1{% else %}2{% endfor %}`),
  );
  const value = fc.oneof(
    fc.constantFrom(null, 0, 1, "", "x", "17", true, false),
    fc.array(fc.constantFrom(1, "x", null), { maxLength: 2 }),
    fc.record({ c: fc.constantFrom(null, 1, "x") }, { requiredKeys: [] }),
  );
  const customers = fc.record({ a: value, b: value, l: value }, { requiredKeys: [] });

  /** A value that is printed, or kept for later, may fail. */
  const PRINTS_OR_KEEPS = /^\{\{ customer\.l \||assign x = (?:customer|\(customer)/;

  test("in any statement; and what only compares never fails", () => {
    fc.assert(
      fc.property(statement, customers, (body, customer) => {
        const strict = compose(body, customer, "fail");
        if (strict.startsWith("value_missing")) expect(body, strict).toMatch(PRINTS_OR_KEEPS);
        else expect(strict).toBe(compose(body, customer, "empty"));
      }),
      { numRuns: 1_000 },
    );
  });
});
