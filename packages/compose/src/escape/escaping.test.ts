// No value that a customer can hold makes a request malformed, moves it, or changes what the receiver reads
// back.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText as text } from "../../../../tests/support/awkward-text.ts";
import { compileAction } from "../compile.ts";
import type { Composed, ComposedRequest } from "../request.ts";

function compose(document: Partial<ActionDocument>, customer: unknown): Composed {
  return compileAction(parseAction({ id: "a", url: "https://api.example.com/x", ...document })).compose(
    { id: "d", dueAt: 0 },
    {
      customer,
    },
  );
}

function request(composed: Composed): ComposedRequest {
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request;
}

const json = fc.jsonValue({ maxDepth: 3 });

/** As a receiver reads it: lone surrogates cannot be carried as text, except in JSON's escapes. */
function carried(value: string): string {
  return Buffer.from(value).toString();
}

describe("JSON strings", () => {
  const body = `{
    "a": "{{ customer.a }}", "both": "{{ customer.a }} and {{ customer.b }}",
    {% if customer.flag %}"branch": "{{ customer.b }}"{% else %}"other": "{{ customer.b }}"{% endif %},
    "list": [{% for item in customer.list %}"{{ item }}"{% unless forloop.last %},{% endunless %}{% endfor %}],
    "mixed": {% if customer.flag %}"<{{ customer.a }}>"{% else %}{{ customer.json }}{% endif %},
    {% capture pair %}"captured": "{{ customer.a }}"{% endcapture %}{{ pair }},
    {% capture plain %}{{ customer.a }}/{{ customer.b }}{% endcapture %}"plain": "{{ plain }}",
    {% assign up = customer.a | append: "!" %}"assigned": "{{ up }}",
    "object": "{{ customer.json }}"
  }`;

  test("every value is read back, in branches, loops, captures and assigns", () => {
    fc.assert(
      fc.property(
        fc.record({
          a: text,
          b: text,
          flag: fc.boolean(),
          list: fc.array(text, { maxLength: 4 }),
          json: fc.array(json),
        }),
        (customer) => {
          const read = JSON.parse(request(compose({ body }, customer)).body ?? "");
          expect(read).toEqual({
            a: customer.a,
            both: `${customer.a} and ${customer.b}`,
            [customer.flag ? "branch" : "other"]: customer.b,
            list: customer.list,
            mixed: customer.flag ? `<${customer.a}>` : JSON.parse(JSON.stringify(customer.json)),
            captured: customer.a,
            plain: `${customer.a}/${customer.b}`,
            assigned: `${customer.a}!`,
            object: expect.any(String),
          });
          expect(JSON.parse(read.object)).toEqual(JSON.parse(JSON.stringify(customer.json)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("branches that leave the string open are read where they are written", () => {
    const open =
      '{"a": {% if customer.quoted %}"{% endif %}{{ customer.a }}{% if customer.quoted %}"{% endif %}}';
    fc.assert(
      fc.property(text, fc.boolean(), (a, quoted) => {
        const read = JSON.parse(request(compose({ body: open }, { a, quoted })).body ?? "");
        if (quoted) expect(read.a).toBe(a);
        else expect(String(read.a)).toBe(isScalar(a) ? String(JSON.parse(a)) : a);
      }),
      { numRuns: 500 },
    );
  });
});

function isScalar(value: string): boolean {
  return /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/.test(value);
}

describe("JSON values", () => {
  test.each(["{{ customer.v }}", "{{ customer.v | json }}", "{% assign j = customer.v | json %}{{ j }}"])(
    "%s reads back as the value itself",
    (output) => {
      fc.assert(
        fc.property(json, (v) => {
          const read = JSON.parse(request(compose({ body: `{"v": ${output}}` }, { v })).body ?? "").v;
          const isBare = typeof v === "string" && isScalar(v) && !output.includes("json");
          expect(read).toEqual(isBare ? JSON.parse(v) : JSON.parse(JSON.stringify(v)));
        }),
        { numRuns: 500 },
      );
    },
  );

  test("the idiom and the whole customer, however they are written", () => {
    fc.assert(
      fc.property(fc.record({ id: text, any: json, arrow: text }), (customer) => {
        for (const body of [
          '{{ customer | replace: "=>", ":" }}',
          "{{ customer }}",
          "{{ customer | json }}",
          '{"c": {{ customer | replace: "=>", ":" | strip }}}',
        ]) {
          const read = JSON.parse(request(compose({ body }, customer)).body ?? "");
          expect(body.startsWith("{{") ? read : read.c).toEqual(JSON.parse(JSON.stringify(customer)));
        }
      }),
    );
  });

  test("an absent value is null where a value must stand, and nothing in a string, with missing: empty", () => {
    const { body } = request(
      compose(
        {
          missing: "empty",
          body: '{"a": {{ customer.a }}, "b": "{{ customer.b }}", "c": {{ customer.c.d }}}',
        },
        {},
      ),
    );

    expect(JSON.parse(body ?? "")).toEqual({ a: null, b: "", c: null });
  });
});

test.each([
  ["{{ customer.none | default: nil }}", null],
  ["{{ nil }}", null],
  ["{{ empty }}", ""],
  ["{% generate_uuid %}", expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ["{% random 1 %}", 0],
  ["{% cycle 'a', 'b' %}", "a"],
  ["{% increment n %}", 0],
  ["{% echo customer.text %}", 'a"b'],
  ["{% liquid echo customer.text %}", 'a"b'],
])("%s stands where a JSON value must", (output, value) => {
  const { body } = request(compose({ body: `{"v": ${output}, "s": "<${output}>"}` }, { text: 'a"b' }));
  const read = JSON.parse(body ?? "");
  expect(read.v).toEqual(value);
  expect(read.s).toMatch(/^<.*>$/);
});

test("values without special characters give the very bytes that plain Liquid gives", () => {
  const word = fc
    .stringMatching(/^[A-Za-z0-9_.~-]{1,20}$/)
    .filter((value) => value !== "." && value !== "..");
  fc.assert(
    fc.property(word, fc.integer(), (a, n) => {
      const document = {
        url: "https://api.example.com/p/{{ customer.a }}?q={{ customer.a }}",
        body: '{"a": "{{ customer.a }}", "n": {{ customer.n }}}',
      };
      expect(request(compose(document, { a, n }))).toEqual(
        request(compose({ ...document, escaping: "none" }, { a, n })),
      );
    }),
  );
});

describe("URLs", () => {
  const url = "https://api.example.com:8443/people/{{ customer.a }}/x?q={{ customer.b }}&r=1";

  test("keep scheme, host and path shape, and every value is read back", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const composed = compose({ url }, { a, b });
        if (a === "." || a === "..") {
          expect(composed).toMatchObject({ kind: "problem", reason: "url_invalid" });
          return;
        }
        if (a === "") {
          expect(composed).toMatchObject({ kind: "problem", reason: "value_missing" });
          return;
        }
        const { origin, path } = request(composed);
        const parsed = new URL(origin + path);
        expect(origin).toBe("https://api.example.com:8443");
        expect(parsed.pathname.split("/").map(decodeURIComponent)).toEqual(["", "people", carried(a), "x"]);
        expect([...parsed.searchParams]).toEqual([
          ["q", carried(b)],
          ["r", "1"],
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test("encoded values are not encoded twice, and plain ones always once", () => {
    fc.assert(
      fc.property(text, (a) => {
        const once = request(compose({ url: "https://h/?a={{ customer.a }}" }, { a })).path;
        expect(
          new URL(
            `https://h${request(compose({ url: "https://h/?a={{ customer.a | url_encode }}" }, { a: carried(a) })).path}`,
          ).searchParams.get("a"),
        ).toBe(carried(a));
        expect(new URL(`https://h${once}`).searchParams.get("a")).toBe(carried(a));
      }),
    );
  });

  test("host and port take what is one host label or digits, and nothing else", () => {
    const document = { url: "https://{{ customer.shop }}.example.com:{{ customer.port }}/x" };
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.constantFrom(
            "other.example/",
            "other.example#",
            "a@other.example",
            "a:b",
            "other.example",
            "shop-1",
          ),
        ),
        (shop) => {
          const composed = compose(document, { shop, port: 8443 });
          if (composed.kind === "request")
            expect(composed.request.origin).toBe(`https://${shop.toLowerCase()}.example.com:8443`);
          else expect(composed).toMatchObject({ reason: "url_invalid" });
        },
      ),
    );
    expect(compose(document, { shop: "shop-1", port: 8443 })).toMatchObject({ kind: "request" });
    expect(compose(document, { shop: "shop-1", port: "80/@other" })).toMatchObject({ reason: "url_invalid" });
  });

  test("user info is encoded, and becomes the credential as it was", () => {
    fc.assert(
      fc.property(text, (password) => {
        const { origin, headers } = request(
          compose({ url: "https://user:{{ customer.password }}@api.example.com/" }, { password }),
        );
        expect(origin).toBe("https://api.example.com");
        expect(headers).toContain(`Basic ${Buffer.from(`user:${carried(password)}`).toString("base64")}`);
      }),
    );
  });

  test("a URL that begins with a value is refused at once, unless it is opted out", () => {
    expect(() => compose({ url: "{{ customer.url }}" }, {})).toThrow(/begins with a value/);
    expect(
      request(
        compose({ url: "{{ customer.base | raw }}/p/{{ customer.a }}" }, { base: "https://h", a: "/" }),
      ),
    ).toMatchObject({ origin: "https://h", path: "/p/%2F" });
  });
});

test("form bodies decode to the same values, however the pairs are laid out", () => {
  const headers = [{ name: "Content-Type", value: "x-www-form-urlencoded" }];
  fc.assert(
    fc.property(text, text, (a, b) => {
      for (const body of [
        "a={{ customer.a }}&b={{ customer.b }}&c=x@y",
        "a={{ customer.a }} &\n  b={{ customer.b }}\n&c=x@y\n",
        "a={{ customer.a }}\r\nb={{ customer.b }}\r\nc=x@y",
      ]) {
        expect([...new URLSearchParams(request(compose({ headers, body }, { a, b })).body ?? "")]).toEqual([
          ["a", carried(a)],
          ["b", carried(b)],
          ["c", "x@y"],
        ]);
      }
    }),
  );
});

test("headers keep their number, whatever the value; what no header can carry fails", () => {
  fc.assert(
    fc.property(text, (value) => {
      const composed = compose(
        {
          headers: [
            { name: "X-A", value: "<{{ customer.value }}>" },
            { name: "X-B", value: "b" },
          ],
        },
        { value },
      );
      if (composed.kind !== "request") {
        expect(composed).toMatchObject({ reason: "header_invalid" });
        return;
      }
      expect(composed.request.headers.slice(2)).toEqual([
        "X-A",
        `<${value}>`,
        "X-B",
        "b",
        "Idempotency-Key",
        "d",
      ]);
    }),
  );
});

test("XML values end no element and no attribute", () => {
  const headers = [{ name: "Content-Type", value: "text/xml" }];
  const { body } = request(
    compose(
      { headers, body: '<a b="{{ customer.v }}">{{ customer.v }}{{ customer.v | escape }}</a>' },
      { v: `<"'&>` },
    ),
  );

  expect(body).toBe(`<a b="&lt;&#34;&#39;&amp;&gt;">&lt;&#34;&#39;&amp;&gt;&lt;&quot;&#39;&amp;&gt;</a>`);
});

test("a captured text with quotes or brackets in it is a text, where it does not begin as JSON", () => {
  fc.assert(
    fc.property(text, (a) => {
      const captured = '{% capture c %}Dear {{ customer.a }}, "you" [sic] {here}{% endcapture %}';
      const { body } = request(compose({ body: `${captured}{"s": "{{ c }}", "v": {{ c }}}` }, { a }));
      const value = `Dear ${a}, "you" [sic] {here}`;
      expect(JSON.parse(body ?? "")).toEqual({ s: value, v: value });
    }),
  );
});

test("what no XML document can hold becomes the replacement character", () => {
  const headers = [{ name: "Content-Type", value: "text/xml" }];
  const { body } = request(
    compose(
      { headers, body: "<a>{{ customer.v }}{{ customer.v | escape }}</a>" },
      { v: "\u0000\u001b\ufffe\ud800x\t\n💥" },
    ),
  );

  const value = "\ufffd\ufffd\ufffd\ufffdx\t\n💥";
  expect(body).toBe(`<a>${value}${value}</a>`);
});

test("a value in a CDATA section, which it could end, is refused when the action is saved", () => {
  const document = (body: string) => ({ headers: [{ name: "Content-Type", value: "text/xml" }], body });
  const inside = "<a><![CDATA[{% if customer.v %}{{ customer.v }}{% endif %}]]></a>";
  expect(() => compose(document(inside), { v: "]]>" })).toThrow(/CDATA section/);
  expect(compose(document("<a><![CDATA[x]]>{{ customer.v }}</a>"), { v: "<" })).toMatchObject({
    request: { body: "<a><![CDATA[x]]>&lt;</a>" },
  });
});

test("raw opts one value out, escaping: none all of them, and JSON is checked all the same", () => {
  expect(request(compose({ body: '{"a": {{ customer.j | raw }}}' }, { j: "[1]" })).body).toBe('{"a": [1]}');
  expect(request(compose({ escaping: "none", body: '"{{ customer.a }}"' }, { a: "x" })).body).toBe('"x"');
  expect(compose({ escaping: "none", body: '"{{ customer.a }}"' }, { a: '"' })).toMatchObject({
    reason: "body_invalid",
  });
  expect(compose({ body: '"{{ customer.a | raw }}"' }, { a: '"' })).toMatchObject({ reason: "body_invalid" });
});
