// The proof of cheapness must never be fooled: what it lets through renders where nothing can stop it.

import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { type CompiledAction, compileAction } from "../compile.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "../limits.ts";
import { isSizeAtMost } from "./data-size.ts";

function compile(
  body: string,
  snippets: Record<string, string> = {},
  limits: ComposeLimits = COMPOSE_LIMITS,
): CompiledAction {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  return compileAction(parseAction({ id: "a", url: "https://h/", headers, body, snippets }), limits);
}

/** A four-hundredth: what takes ten thousand rounds here would have to take four million to be as much. */
const LOWERED: ComposeLimits = { ...COMPOSE_LIMITS, cheapWorkMax: 100_000 };

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
    ["filters in a tag of ours", "{% cancel customer.s | replace: ',', customer.t %}"],
    // Data may give a long list of names where one is meant, to be looked up in each item.
    ["a path from data", "{{ customer.l | sort: customer.key | size }}"],
    ["a path from data in map", "{{ customer.l | map: customer.key | size }}"],
    ["an expression over other data", "{{ customer.l | where_exp: 'i', 'customer.s contains i' | size }}"],
    [
      "an expression that searches in its item",
      "{{ customer.l | where_exp: 'i', 'i.a contains i.b' | size }}",
    ],
    ["an expression with a range", "{{ customer.l | where_exp: 'i', '(1..3) contains i' | size }}"],
    // Three rounds are nothing, but what grows in each has no bound that the number of rounds would tell.
    [
      "growth in a loop",
      "{% assign a = 'x' %}{% for i in (1..3) %}{% assign a = a | append: a %}{% endfor %}",
    ],
    // A format may ask for as many digits as it likes.
    ["a width in a format", "{{ 'now' | date: '%10d' }}"],
    // Each goes round once; but to look at them all takes three times as much for each loop around.
    ["many loops in loops", `${"{% for i in (1..1) %}".repeat(14)}${"{% endfor %}".repeat(14)}`],
  ])("%s", (_, body) => {
    expect(compile(body).isCheapFor(LARGE)).toBe(false);
  });

  test.each([
    ["a loop", "{% for a in (1..N) %}{{ a }}{% endfor %}"],
    ["under a property", "{{ (1..N).size }}"],
    ["as a name", "{{ customer[(1..N)] }}"],
    ["in a tag of ours", "{% random (1..N).size %}"],
    ["that is cycled", "{% cycle (1..N) %}"],
    ["that is a case", "{% case 1 %}{% when (1..N) %}{% endcase %}"],
    ["as a loop's limit", "{% for a in customer.l limit: (1..N) %}{% endfor %}"],
  ])("a range %s counts with its length", (_, body) => {
    expect(compile(body.replace("N", "10000"), {}, LOWERED).isCheapFor(SMALL)).toBe(false);
    expect(compile(body.replace("N", "10000")).isCheapFor(SMALL)).toBe(true);
  });

  test("loops in loops count with their rounds together", () => {
    const loops = (depth: number) =>
      `${"{% for i in (1..20) %}".repeat(depth)}x${"{% endfor %}".repeat(depth)}`;
    expect(compile(loops(1), {}, LOWERED).isCheapFor(SMALL)).toBe(true);
    expect(compile(loops(3), {}, LOWERED).isCheapFor(SMALL)).toBe(false);
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
    // Each goes round once, and yet looking at them could take for ever.
    `${"{% for a in (1..1) %}".repeat(90)}${"{% endfor %}".repeat(90)}`,
    `${'{% for a in (1..1) %}"'.repeat(90)}${"{% endfor %}".repeat(90)}`,
    "{{ a }}".repeat(37_000),
    "{{ snippets.s }}".repeat(10_000),
  ]) {
    const before = process.cpuUsage();
    compile(body, { s: "{{ a }}" });
    // CPU time, so that a busy machine does not count. Without a bound they would take days, or tens of
    // seconds.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
  }
});
