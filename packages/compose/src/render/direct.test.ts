import fc from "fast-check";
import { Context, type Emitter, Liquid } from "liquidjs";
import { expect, test } from "vitest";
import { createDialect } from "../dialect/dialect.ts";
import { print } from "../escape/print.ts";
import { makeDirect, renderDirect } from "./direct.ts";
import { setRoom } from "./text.ts";

/** Each construct at least once, alone and inside others. */
const TEMPLATES = [
  "plain text",
  "{{ customer.name }}",
  "{{ customer['name'] }}{{ customer[customer.key] }}{{ customer.list[0] }}{{ customer.list.first }}{{ customer.list.size }}",
  "{{ customer.missing }}",
  "{{ customer.missing.deeper }}",
  "{{ customer.missing | default: 'x' }}",
  "{{ customer.name | upcase | append: '!' | replace: '!', customer.number }}",
  "{{ customer.text | truncate: 5, '…' }}{{ customer.list | join: ', ' | escape }}{{ customer.list | map: 'a' | first }}",
  "{% if customer.flag %}yes{% elsif customer.number > 3 %}big{% else %}no{% endif %}",
  "{% if customer.missing %}a{% endif %}{% unless customer.flag %}b{% elsif customer.number %}c{% else %}d{% endunless %}",
  "{% if customer.number > 3 and customer.name == 'x' or customer.flag %}a{% endif %}{% if customer.text contains 'b' %}c{% endif %}",
  "{% if customer.name == blank %}blank{% endif %}{% if customer.list == empty %}empty{% endif %}{% if customer.nothing == nil %}nil{% endif %}",
  "{% if customer.list %}{% for item in customer.list %}{{ forloop.index }}:{{ item }}{% if item == 2 %}{% break %}{% endif %}{% else %}none{% endfor %}{% endif %}",
  "{% for item in customer.list %}{% if item == 2 %}{% continue %}{% endif %}{{ item }}{% endfor %}",
  "{% for i in (1..3) %}{% for j in (1..i) %}{{ i | times: j }}{% unless forloop.last %},{% endunless %}{% endfor %};{% endfor %}",
  "{% assign a = customer.name | default: 'n' | upcase %}{% assign b = a | append: '2' %}{{ a }}{{ b }}",
  "{% capture c %}[{{ customer.name }}]{% endcapture %}{{ c }}{{ c }}",
  "{% case customer.number %}{% when 1, 2 %}few{% when 3 %}three{% else %}many{% endcase %}",
  "{%- if true -%} trimmed {%- endif -%} {{- customer.name -}} end",
  "{% comment %}{{ customer.missing }}{% endcomment %}{% raw %}{{ x }}{% endraw %}{% increment n %}{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}",
  "{{ customer }}{{ customer.list }}{{ customer | replace: '=>', ':' }}{{ customer.nested.a.b }}{{ customer.number }}{{ customer.flag }}",
  "{{ 'literal' }}{{ 1.5 }}{{ true }}{{ nil }}{{ (1..3) }}{{ customer.list | where: 'a', 1 }}{{ customer.list | where_exp: 'i', 'i == 2' }}",
];

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const customers = fc.record(
  {
    name: fc.oneof(value, fc.constant("x"), fc.constant("")),
    key: fc.constantFrom("name", "text", "constructor", "__proto__"),
    text: fc.oneof(fc.string(), fc.constant("abc")),
    number: fc.integer({ min: 0, max: 5 }),
    flag: fc.oneof(fc.boolean(), fc.constant(null)),
    nothing: fc.constant(null),
    list: fc.oneof(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
      fc.array(fc.record({ a: fc.integer() }), { maxLength: 3 }),
    ),
    nested: fc.record({ a: fc.record({ b: value }) }),
  },
  { requiredKeys: [] },
);

/** liquidjs alone, printing objects as the dialect does. */
function printing(failOnMissing: boolean): Liquid {
  const dialect = createDialect({ failOnMissing });
  const liquid = new Liquid({ ...(dialect.options as object), outputEscape: print });
  for (const [name, filter] of Object.entries(dialect.filters)) liquid.registerFilter(name, filter as never);
  return liquid;
}

/** The text, or that it failed: the wording of a failure may differ, its occurrence may not. */
function attempt(render: () => string): string | { failed: string } {
  try {
    return render();
  } catch (error) {
    return { failed: /undefined variable: \S+/.exec(String(error))?.[0].replace(/,$/, "") ?? "other" };
  }
}

test.each(
  TEMPLATES.flatMap((template) => [true, false].map((failOnMissing) => [template, failOnMissing] as const)),
)("%s renders as liquidjs renders it (fails on missing: %s)", (template, failOnMissing) => {
  const liquid = createDialect({ failOnMissing });
  const nodes = liquid.parse(template);
  makeDirect(nodes, { of: new Map(), otherwise: "plain", jsonCaptures: new Set(), notesBlanks: false });

  fc.assert(
    fc.property(customers, (customer) => {
      const own = attempt(() => {
        const written: string[] = [];
        const emitter = { write: (text: unknown) => void written.push(String(text ?? "")) };
        const context = new Context({ customer }, liquid.options, { sync: true }, { liquid });
        setRoom(context, 100_000);
        renderDirect(nodes, context, emitter as unknown as Emitter);
        return written.join("");
      });
      const theirs = attempt(
        () => printing(failOnMissing).parseAndRenderSync(template, { customer }) as string,
      );
      expect(own).toEqual(theirs);
    }),
    { numRuns: 60 },
  );
});

test("a rendering that has taken too long ends at one of its next nodes", () => {
  const liquid = createDialect({ failOnMissing: false });
  const nodes = liquid.parse("{{ a }}".repeat(300));
  makeDirect(nodes, { of: new Map(), otherwise: "plain", jsonCaptures: new Set(), notesBlanks: false });
  const context = new Context({ a: 1 }, { ...liquid.options, renderLimit: -1 }, { sync: true }, { liquid });
  let written = 0;
  const emitter = { write: () => written++ } as unknown as Emitter;

  expect(() => renderDirect(nodes, context, emitter)).toThrow(/render limit exceeded/);
  expect(written).toBeLessThan(300);
});
