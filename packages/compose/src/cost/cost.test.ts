// The proof of cheapness must never be fooled: what it lets through renders where nothing can stop it.

import { parseAction } from "@postrider/shared/action";
import { describe, expect, test } from "vitest";
import { type CompiledAction, compileAction } from "../compile.ts";
import { isSizeAtMost } from "./data-size.ts";

function compile(body: string, snippets: Record<string, string> = {}): CompiledAction {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  return compileAction(parseAction({ id: "a", url: "https://h/", headers, body, snippets }));
}

const LARGE = { customer: { id: 1, text: "x".repeat(500_000) } };
const SMALL = { customer: { id: 1, text: "x".repeat(1_000) } };

describe("what ordinary templates do is cheap for any data", () => {
  test.each([
    "{{ customer.name }}",
    '{"a": "{{ customer.a | capitalize | append: "!" }}", "b": {{ customer.b | json }}}',
    "{{ customer | replace: '=>', ':' }}",
    "{{ 'now' | date: '%Y-%m-%d' }}{{ customer.at | date: '%s', 'Europe/Paris' }}",
    "{% assign n = customer.n | plus: 1 %}{% if n > 3 and customer.tags contains 'x' %}{{ n }}{% endif %}",
    "{{ customer.list | where: 'a', 1 | map: 'b' | join: ', ' }}",
    "{% random 10 %}{% generate_uuid %}{% if customer.x %}{% cancel customer.x %}{% endif %}",
    "{% cycle 'a', 'b' %}{% case customer.plan %}{% when 'a', 'b' %}1{% else %}2{% endcase %}",
  ])("%s", (body) => {
    expect(compile(body).isCheapFor(LARGE)).toBe(true);
  });
});

describe("what is cheap for small data alone is known to be so", () => {
  test.each([
    "{% for item in customer.list %}{{ item.name | escape }}{% unless forloop.last %},{% endunless %}{% endfor %}",
    "{% if customer.a contains customer.b %}x{% endif %}",
    "{{ customer.a | split: customer.b | size }}{{ customer.a | remove: customer.b }}",
    "{{ customer.a | replace_first: customer.b, 'x' }}",
  ])("%s", (body) => {
    expect(compile(body).isCheapFor(SMALL)).toBe(true);
    expect(compile(body).isCheapFor(LARGE)).toBe(false);
  });
});

const QUADRATIC = "{% for a in customer.l %}{% for b in customer.l %}{{ b }}{% endfor %}{% endfor %}";

describe("no way around the proof", () => {
  test.each([
    ["a loop over a loop", QUADRATIC],
    ["a loop's variable that is over", `{% for customer in customer.tags %}{% endfor %}${QUADRATIC}`],
    ["an assignment that may not happen", `{% if false %}{% assign customer = 'x' %}{% endif %}${QUADRATIC}`],
    [
      "a capture that may not happen",
      `{% if false %}{% capture customer %}{% endcapture %}{% endif %}${QUADRATIC}`,
    ],
    ["a range under a property", "{{ (1..1000000000).size }}"],
    ["a range as a name", "{{ customer[(1..1000000000)] }}"],
    ["a range in a tag of ours", "{% random (1..1000000000).size %}"],
    ["a range that is cycled", "{% cycle (1..1000000000) %}"],
    ["a range that is a case", "{% case 1 %}{% when (1..1000000000) %}{% endcase %}"],
    ["a range as a loop's limit", "{% for a in customer.l limit: (1..1000000000) %}{% endfor %}"],
    ["filters in a tag of ours", "{% cancel customer.s | replace: '', customer.s %}"],
    ["a path from data", "{{ customer.l | sort: customer.l | size }}"],
    ["a path from data in map", "{{ customer.l | map: customer.l | size }}"],
    ["an expression over other data", "{{ customer.l | where_exp: 'i', 'customer.s contains i' | size }}"],
    [
      "an expression that searches in its item",
      "{{ customer.l | where_exp: 'i', 'i.a contains i.b' | size }}",
    ],
    ["an expression with a range", "{{ customer.l | where_exp: 'i', '(1..100000) contains i' | size }}"],
    [
      "growth in a loop",
      "{% assign a = 'x' %}{% for i in (1..50) %}{% assign a = a | append: a %}{% endfor %}",
    ],
    ["an unknown width", "{{ 'now' | date: '%5000000d' }}"],
    ["many loops in loops", `${"{% for i in (1..2) %}".repeat(40)}${"{% endfor %}".repeat(40)}`],
  ])("%s", (_, body) => {
    expect(compile(body).isCheapFor(LARGE)).toBe(false);
  });

  test("a loop's item hides no whole list from a snippet in the loop", () => {
    const body = "{% for customer in customer.tags %}{{ snippets.s }}{% endfor %}";
    expect(compile(body, { s: "{% for a in customer.l %}{{ a }}{% endfor %}" }).isCheapFor(LARGE)).toBe(
      false,
    );
  });
});

test("dates in zones that data name cost what Intl's formatters do; one that the template names is there already", () => {
  const body = (count: number, zone: string) =>
    `{% for i in (1..${count}) %}{{ customer.at | date: '%H', ${zone} }}{% endfor %}`;
  expect(compile(body(100, "customer.zone")).isCheapFor(SMALL)).toBe(true);
  expect(compile(body(1_000, "customer.zone")).isCheapFor(SMALL)).toBe(false);
  expect(compile(body(1_000, "'Europe/Paris'")).isCheapFor(SMALL)).toBe(true);
});

test("a large integer counts with all its digits", () => {
  expect(isSizeAtMost({ n: 10n ** 300n }, 200)).toBe(false);
  expect(isSizeAtMost({ n: 10n ** 300n }, 400)).toBe(true);
});

test("compiling is bounded, whatever the template", () => {
  for (const body of [
    `${"{% for a in (1..2) %}".repeat(90)}${"{% endfor %}".repeat(90)}`,
    `${'{% for a in (1..2) %}"'.repeat(90)}${"{% endfor %}".repeat(90)}`,
    "{{ a }}".repeat(37_000),
    "{{ snippets.s }}".repeat(10_000),
  ]) {
    const before = process.cpuUsage();
    compile(body, { s: "{{ a }}" });
    // CPU time, so that a busy machine does not count. Without a bound these would take days, or tens of seconds.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
  }
}, 120_000);
