// Conditions, loops and lists on data with gaps: what is missing or null makes no comparison true, takes no
// other branch for a setting about missing values, and is no reason to fail where an item of a list lacks
// what others have.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";

type Missing = "fail" | "empty";

function compose(body: string, customer: object, missing: Missing = "fail"): unknown {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const action = compileAction(
    parseAction({ id: "a", url: "https://h.example.com/", headers, body, missing }),
  );
  const composed = action.compose({ id: "d", dueAt: 0 }, { customer: { id: 1, ...customer } });
  if (composed.kind === "request") return composed.request.body;
  return composed.kind === "problem" ? { [composed.reason]: composed.problems[0]?.message } : composed;
}

function complaintOf(body: string): string {
  try {
    compose(body, {});
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("was saved");
}

const choose = (condition: string): string => `{% if ${condition} %}yes{% else %}no{% endif %}`;

describe("a comparison with something that is not there is false", () => {
  test.each(
    ["<", ">", "<=", ">="].flatMap((sign) => [
      `customer.age ${sign} 18`,
      `18 ${sign} customer.age`,
      `customer.age ${sign} 0`,
      `customer.tags.size ${sign} 3`,
      `customer.age ${sign} customer.other`,
      `customer.age ${sign} nil`,
      `nil ${sign} nil`,
    ]),
  )("%s", (condition) => {
    for (const missing of ["fail", "empty"] as const)
      for (const customer of [{}, { age: null, tags: null, other: null }])
        expect(compose(choose(condition), customer, missing)).toBe("no");
  });

  test.each([
    ["an empty text is no number", "customer.age < 18", { age: "" }, "no"],
    ["a text that is none", "customer.age < 18", { age: "n/a" }, "no"],
    ["a text of digits is one", "customer.age < 18", { age: "17" }, "yes"],
    ["true and false have no order", "customer.age < 18", { age: false }, "no"],
    ["nor have lists", "customer.age < 18", { age: [] }, "no"],
    [
      "a text contains no missing one",
      "customer.text contains customer.other",
      { text: "null undefined" },
      "no",
    ],
    ["a list contains none either", "customer.list contains customer.other", { list: [null] }, "no"],
    ["an object contains its names", "customer.object contains 'a'", { object: { a: null } }, "yes"],
    ["null and missing are one", "customer.a == customer.b", { a: null }, "yes"],
    ["missing is nil", "customer.b == nil", {}, "yes"],
    ["and differs from all else", "customer.b != 'x'", {}, "yes"],
    ["<> is !=", "customer.plan <> 'gold'", { plan: "gold" }, "no"],
    ["<> is !=, the other way", "customer.plan <> 'gold'", { plan: "free" }, "yes"],
    ["not stands in front", "not customer.tags contains 'x'", { tags: ["y"] }, "yes"],
    ["and in between", "customer.tags not contains 'x'", { tags: ["x"] }, "no"],
  ])("%s: %s", (_, condition, customer, answer) => {
    expect(compose(choose(condition), customer)).toBe(answer);
    expect(compose(choose(condition), customer, "empty")).toBe(answer);
  });

  test("in assign, unless, elsif and case as in if", () => {
    const body = `{% assign minor = customer.age < 18 %}{{ minor }}
{% unless customer.age >= 18 %}a{% else %}b{% endunless %}{% if false %}{% elsif customer.age <= 1 %}c{% else %}d{% endif %}
{% case customer.plan %}{% when 'gold' %}e{% when customer.other %}f{% else %}g{% endcase %}`;
    for (const customer of [{}, { age: null, plan: null, other: null }, { plan: null }, { other: null }])
      for (const missing of ["fail", "empty"] as const)
        expect(compose(body, customer, missing)).toBe("false\nad\nf");
  });

  test("a setting about missing values never flips a branch", () => {
    const operand = fc.constantFrom(
      "customer.a",
      "customer.b",
      "customer.c.d",
      "nil",
      "0",
      "'x'",
      "''",
      "true",
      "customer.l.size",
      "empty",
    );
    const sign = fc.constantFrom("==", "!=", "<>", "<", ">", "<=", ">=", "contains");
    const value = fc.oneof(
      fc.constant(null),
      fc.constant(undefined),
      fc.integer(),
      fc.constantFrom("", "x", "17", true, false),
      fc.array(fc.integer(), { maxLength: 2 }),
    );
    const customers = fc.record({ a: value, b: value, c: value, l: value }, { requiredKeys: [] });
    const connective = fc.constantFrom("and", "or");
    fc.assert(
      fc.property(
        operand,
        sign,
        operand,
        connective,
        operand,
        customers,
        (left, one, right, joined, last, data) => {
          const body = choose(`${left} ${one} ${right} ${joined} ${last}`);
          const customer = JSON.parse(JSON.stringify(data)) as object;
          expect(compose(body, customer, "fail")).toEqual(compose(body, customer, "empty"));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("what is no operator is refused when the action is saved, with what to write instead", () => {
  test.each([
    ["customer.plan is 'gold'", "write =="],
    ["customer.plan is not 'gold'", "write !="],
    ["customer.plan = 'gold'", "write =="],
    ["customer.plan === 'gold'", "write =="],
    ["customer.a == 1 AND customer.b == 2", "write and"],
    ["customer.a == 1 OR customer.b == 2", "write or"],
    ["customer.a && customer.b", "write and"],
    ["customer.a || customer.b", "write or"],
    ["!customer.a", "write not"],
    ["(customer.a or customer.b) and customer.c", "without parentheses"],
    ["customer.plan == ‘gold’", "straight quotes"],
    ["customer.plan == “gold”", "straight quotes"],
    ["customer.tags includes 'x'", "write contains"],
    ["customer.a gte 3", "write >="],
    ["customer.a customer.b", "would be left out"],
  ])("%s", (condition, advice) => {
    expect(complaintOf(choose(condition))).toContain(advice);
    expect(complaintOf(`{% unless ${condition} %}{% endunless %}`)).toContain(advice);
    expect(complaintOf(`{% if true %}{% elsif ${condition} %}{% endif %}`)).toContain(advice);
  });

  test.each([
    ["{{ customer.first name }}", "would be left out"],
    ["{% assign x = customer.a customer.b %}", "would be left out"],
    ["{% for i in customer.l size:2 %}{% endfor %}", "limit, offset and reversed"],
    ["{% for i in customer.l | reverse %}{% endfor %}", "means nothing in a loop"],
    ["{% case customer.a %}{% when 'x' AND 'y' %}{% endcase %}", "does not part values of when"],
    ["{% case customer.a %}{% when 'x' 'y' %}{% endcase %}", "does not part values of when"],
  ])("%s", (body, complaint) => {
    expect(complaintOf(body)).toContain(complaint);
  });

  test("what is well formed is saved", () => {
    for (const body of [
      "{% case customer.a %}{% when 'x', 'y' or 'z' %}{% when 1 %}{% else %}{% endcase %}",
      "{%- for i in (1..3) reversed limit: 2 offset: 1 -%}{%- endfor -%}",
      "{{ customer.a | default: 'it is not “so”' }}",
      choose("customer.a == 'x' and customer.b or customer.c contains 'AND'"),
    ])
      expect(compose(body, { a: "x", b: 1, c: "" })).not.toMatchObject({ template: expect.anything() });
  });
});

describe("nil is nothing, wherever it stands", () => {
  test.each([
    ['{% assign suffix = nil %}Hi {{ customer.name }}{{ suffix | append: "!" }}', "Hi Dee!"],
    ["{{ nil | upcase }}{{ nil }}{{ null | append: 'x' }}", "x"],
    ["{{ customer.none | default: nil }}", ""],
    ["{{ empty }}{{ blank | append: 'x' }}{{ empty | upcase }}", "x"],
    ["{% assign n = nil %}{% if n == nil %}yes{% endif %}{{ n }}", "yes"],
  ])("%s", (body, text) => {
    expect(compose(body, { name: "Dee" })).toBe(text);
  });
});

describe("what is missing fails where it is named", () => {
  test.each([
    "{% assign phone = customer.mobile %}{{ phone }}",
    "{% assign phone = customer.mobile | upcase %}",
    "{% capture phone %}{{ customer.mobile }}{% endcapture %}",
    "{% liquid\n assign phone = customer.mobile\n echo phone %}",
  ])("%s", (body) => {
    expect(compose(body, {})).toMatchObject({ value_missing: expect.stringContaining("customer.mobile") });
    expect(compose(body, {}, "empty")).toBeTypeOf("string");
  });

  test("a default handles it, also in assign", () => {
    expect(compose("{% assign phone = customer.mobile | default: 'none' %}{{ phone }}", {})).toBe("none");
  });
});

describe("lists whose items differ", () => {
  const items = [{ sku: "A", on: true, n: 1 }, { sku: "B" }, { sku: "C", on: null }];
  test.each([
    ["where: 'on', true | map: 'sku' | join", "A"],
    ["where: 'on' | map: 'sku' | join", "A"],
    ["reject: 'on', true | map: 'sku' | join", "B C"],
    ["find: 'n', 1 | map: 'sku' | join", "A"],
    ["find_index: 'n', 1", "0"],
    ["has: 'n', 2", "false"],
    ["has: 'n', 1", "true"],
    ["group_by: 'on' | map: 'items.size' | join", "1 2"],
    ["where_exp: 'i', 'i.n > 0' | map: 'sku' | join", "A"],
    ["reject_exp: 'i', 'i.n > 0' | map: 'sku' | join", "B C"],
    ["has_exp: 'i', 'i.n == 1'", "true"],
    ["uniq: 'on' | map: 'sku' | join", "A B"],
    ["compact: 'on' | map: 'sku' | join", "A"],
  ])("%s", (filters, text) => {
    for (const missing of ["fail", "empty"] as const)
      expect(compose(`{{ customer.items | ${filters} }}`, { items }, missing)).toBe(text);
  });

  test("items with the same content are the same", () => {
    expect(compose("{{ customer.l | uniq | size }}", { l: [{ a: 1 }, { a: 1 }, 1, "1", null] })).toBe("4");
  });
});

describe("loops", () => {
  test.each([
    ["{% for i in (1..5) limit:2 reversed %}{{ i }}{% endfor %}", "21"],
    ["{% for i in (1..5) reversed limit:2 %}{{ i }}{% endfor %}", "21"],
    ["{% for i in (1..6) reversed offset:1 limit:3 %}{{ i }}{% endfor %}", "432"],
    [
      "{% for i in (1..6) limit:2 %}{{ i }}{% endfor %}-{% for i in (1..6) limit:3 offset:continue %}{{ i }}{% endfor %}",
      "12-345",
    ],
    [
      "{% for i in (1..2) %}{% for j in (1..2) %}{{ forloop.parentloop.index }}{{ forloop.index }} {% endfor %}{% endfor %}",
      "11 12 21 22 ",
    ],
    ["{% for i in (1..2) %}{% if forloop.parentloop %}in{% else %}out{% endif %}{% endfor %}", "outout"],
    [
      "{% for i in (1..2) %}{% for j in (1..1) %}{% for k in (1..1) %}{{ forloop.parentloop.parentloop.index }}{% endfor %}{% endfor %}{% endfor %}",
      "12",
    ],
    [
      "{% for i in (1..3) %}{{ forloop.first }}{{ forloop.last }}{{ forloop.rindex0 }}{{ forloop.length }} {% endfor %}",
      "truefalse23 falsefalse13 falsetrue03 ",
    ],
    ["{% for p in customer.o %}{{ p[0] }}={{ p[1] }};{% endfor %}", "a=1;b=2;"],
    ["{% for c in customer.t %}[{{ c }}]{% endfor %}", "[text]"],
    ["{% for i in customer.none %}{{ i }}{% else %}none{% endfor %}", "none"],
    ["{% for i in customer.e %}{{ i }}{% else %}none{% endfor %}", "none"],
    [
      "{% for i in (1..5) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
      "13",
    ],
    ["{% for i in (1..4) limit: customer.n %}{{ i }}{% endfor %}", "12"],
  ])("%s", (body, text) => {
    expect(compose(body, { o: { a: 1, b: 2 }, t: "text", e: [], n: "2" })).toBe(text);
  });
});

test.each([
  [choose("customer.n == 1234567890123456789"), "yes"],
  [choose("customer.n < 1234567890123456790"), "yes"],
  ["{{ customer.l | where_exp: 'i', 'i == 1234567890123456789' | size }}", "1"],
  ["{{ customer.l | find_exp: 'i', 'i < 1234567890123456789' }}", "1234567890123456788"],
  ["{{ 1234567890123456789 | inspect }}{{ customer.n | inspect }}", "12345678901234567891234567890123456789"],
  ["{{ -1234567890123456789 | minus: 1 }}", "-1234567890123456790"],
])("an integer that no double holds keeps its digits: %s", (body, prints) => {
  const [n, other] = [1234567890123456789n, 1234567890123456788n];
  expect(compose(body, { n, l: [n, other] })).toBe(prints);
});
