// Realistic templates and hostile customers: whatever the customer, a receiver reads back what the customer
// is.

import { compileAction } from "@postrider/compose/compile";
import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { anyText, awkwardText } from "../support/awkward-text.ts";
import { type HostileCustomer, JSON_CORPUS } from "../support/corpus.ts";

const RUNS = 200;
let cases = 0;
afterAll(() => console.log(`${cases} hostile customers over ${JSON_CORPUS.length + 12} templates`));

const text = fc.oneof(
  anyText,
  fc.tuple(awkwardText, fc.string(), awkwardText).map((parts) => parts.join("")),
);
const hostile: fc.Arbitrary<HostileCustomer> = fc.record({
  id: text.filter((id) => id !== ""),
  name: text,
  city: text,
  email: fc.option(text),
  age: fc.oneof(fc.integer(), text),
  vip: fc.boolean(),
  tags: fc.array(text, { maxLength: 4 }),
  orders: fc.array(
    fc.record({ sku: text, price: fc.integer({ min: 0, max: 10_000 }), note: fc.option(text) }),
    { maxLength: 3 },
  ),
  address: fc.record({ street: text, lines: fc.array(text, { maxLength: 2 }) }),
  "odd name": text,
});

function compose(document: Partial<ActionDocument>) {
  const compiled = compileAction(parseAction({ id: "a", url: "https://api.example.com/x", ...document }));
  return (customer: unknown) => {
    cases += 1;
    const composed = compiled.compose({ id: "d", dueAt: 0 }, { customer });
    if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
    return composed.request;
  };
}

/** As UTF-8 carries it: a lone surrogate becomes U+FFFD. */
const carried = (value: string): string => Buffer.from(value).toString();

/** As JSON tells it: without a sign before zero. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a JSON body parses, and each value is the customer's", () => {
  test.each(JSON_CORPUS)("%s", (body, read) => {
    const request = compose({ body });
    fc.assert(
      fc.property(hostile, (customer) => {
        const bytes = Buffer.from(request(customer).body ?? "").toString();
        expect(asJson(JSON.parse(bytes))).toEqual(asJson(read(customer)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("an absent value is null where a value must stand, and nothing in a text", () => {
  test.each([
    [
      '{"a": {{ customer.none }}, "b": "{{ customer.none }}", "c": [{{ customer.none.deep }}, "{{ customer.name }}"]}',
      (name: string) => ({ a: null, b: "", c: [null, name] }),
    ],
    [
      '{% if customer.name %}{"a": {{ customer.none }}{% else %}{"a": {{ customer.nil }}{% endif %}}',
      () => ({ a: null }),
    ],
    ['[{% for x in customer.none %}"{{ x }}"{% else %}{{ customer.none }}{% endfor %}]', () => [null]],
  ] as const)("%s", (body, read) => {
    const request = compose({ missing: "empty", body });
    fc.assert(
      fc.property(text, (name) => {
        expect(JSON.parse(request({ name }).body ?? "")).toEqual(asJson(read(name)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe("integers beyond 2^53 are the digits that came in", () => {
  test.each([
    "{{ customer.n }}",
    "{{ customer.n | json }}",
    "{% assign n = customer.n %}{{ n }}",
    "{{ customer.list[0] }}",
    "{% for n in customer.list %}{{ n }}{% endfor %}",
  ])("%s", (output) => {
    const request = compose({ body: `{"n": ${output}}` });
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 80n }), (n) => {
        expect(request({ n, list: [n] }).body).toBe(`{"n": ${n}}`);
      }),
      { numRuns: RUNS },
    );
  });
});

test("a URL keeps scheme, host and path shape, and its values", () => {
  const request = compose({
    url: "https://api.example.com/v1/{{ customer.id }}/o-{{ customer.name }}?city={{ customer.city }}{% for t in customer.tags %}&tag={{ t }}{% endfor %}{% if customer.vip %}&vip=1{% endif %}#{{ customer.name }}",
  });
  fc.assert(
    fc.property(hostile, (customer) => {
      if (/^\.\.?$/.test(customer.id)) return;
      const { origin, path } = request(customer);
      const url = new URL(origin + path);
      expect(origin).toBe("https://api.example.com");
      expect(url.pathname.split("/").map(decodeURIComponent)).toEqual([
        "",
        "v1",
        carried(customer.id),
        `o-${carried(customer.name)}`,
      ]);
      expect([...url.searchParams]).toEqual([
        ["city", carried(customer.city)],
        ...customer.tags.map((tag) => ["tag", carried(tag)]),
        ...(customer.vip ? [["vip", "1"]] : []),
      ]);
    }),
    { numRuns: RUNS },
  );
});

const formType = [{ name: "Content-Type", value: "application/x-www-form-urlencoded" }];
describe("a form decodes to the same values", () => {
  test.each<[string, Partial<ActionDocument>]>([
    [
      "as text",
      {
        headers: formType,
        body: "id={{ customer.id }}&name={{ customer.name }}&twice={{ customer.city }}+{{ customer.city | url_encode }}",
      },
    ],
    [
      "line by line",
      {
        headers: formType,
        body: "id={{ customer.id }}\n  name={{ customer.name }} &\r\n\r\ntwice={{ customer.city }}+{{ customer.city | cgi_escape }}\n",
      },
    ],
    [
      "as pairs",
      {
        form: [
          { name: "id", value: "{{ customer.id }}" },
          { name: "name", value: "{{ customer.name }}" },
          { name: "twice", value: "{{ customer.city }} {{ customer.city }}" },
        ],
      },
    ],
  ])("%s", (_, document) => {
    const request = compose(document);
    fc.assert(
      fc.property(hostile, (customer) => {
        const city = carried(customer.city);
        expect([...new URLSearchParams(request(customer).body ?? "")]).toEqual([
          ["id", carried(customer.id)],
          ["name", carried(customer.name)],
          ["twice", `${city} ${city}`],
        ]);
      }),
      { numRuns: RUNS },
    );
  });
});

test("XML keeps its elements and attributes, and the texts in them", () => {
  const request = compose({
    headers: [{ name: "Content-Type", value: "application/soap+xml" }],
    body: "<p id='{{ customer.id }}'>{% for t in customer.tags %}<t a=\"{{ t }}\">{{ t }}</t>{% endfor %}<n>{{ customer.name | escape }}</n></p>",
  });
  const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
  /**
   * As a conforming reader does: line breaks of all kinds are LF (section 2.11), in an attribute white space
   * is a space (3.3.3).
   */
  const decode = (escaped = "", isAttribute = false) =>
    escaped
      .replace(/\r\n?/g, "\n")
      .replace(/[\t\n]/g, isAttribute ? " " : "$&")
      .replace(
        /&(?:(lt|gt|amp|quot)|#(\d+));/g,
        (_, name, code) => entities[name] ?? String.fromCharCode(code),
      );
  fc.assert(
    fc.property(hostile, (customer) => {
      const [, id, tags, name] =
        /^<p id='([^<>'"]*)'>((?:<t a="[^<>'"]*">[^<>'"]*<\/t>)*)<n>([^<>'"]*)<\/n><\/p>$/.exec(
          request(customer).body ?? "",
        ) ?? [];
      expect([decode(id, true), decode(name)]).toEqual([inXml(customer.id), inXml(customer.name)]);
      expect(
        [...(tags ?? "").matchAll(/<t a="(.*?)">(.*?)<\/t>/gs)].map(([, a, b]) => [
          decode(a, true),
          decode(b),
        ]),
      ).toEqual(customer.tags.map((tag) => [inXml(tag), inXml(tag)]));
    }),
    { numRuns: RUNS },
  );
});

/** XML 1.0 section 2.2: what is no Char cannot stand in a document, not even as a reference. */
function inXml(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
