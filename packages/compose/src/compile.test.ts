import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { VERSION } from "@postrider/shared/version";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import type { Composed } from "./request.ts";

function compose(document: Partial<ActionDocument>, customer: unknown, event?: unknown): Composed {
  const action = parseAction({ id: "a", url: "https://api.example.com/x", ...document });
  return compileAction(action).compose({ id: "delivery-1", dueAt: 1_700_000_000_000 }, { customer, event });
}

function request(composed: Composed) {
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request;
}

function header(composed: Composed, name: string): string | undefined {
  const { headers } = request(composed);
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

test("url, headers and body are templates, and the destination is the url's origin", () => {
  const composed = compose(
    {
      method: "PUT",
      url: "https://api.example.com:8443/people/{{ customer.id | url_encode }}?q=1",
      headers: [{ name: "X-Plan", value: "{{ customer.plan }}" }],
      body: '{"email": {{ customer.email | json }}}',
    },
    { id: "a/b", plan: "gold", email: 'x"@y' },
  );

  expect(request(composed)).toMatchObject({
    method: "PUT",
    origin: "https://api.example.com:8443",
    path: "/people/a%2Fb?q=1",
    body: '{"email": "x\\"@y"}',
  });
  expect(header(composed, "x-plan")).toBe("gold");
  expect(header(composed, "idempotency-key")).toBe("delivery-1");
});

test("a body is JSON unless its content type says otherwise, and a GET has none", () => {
  expect(header(compose({ body: "{}" }, { id: 1 }), "content-type")).toBe("application/json");
  expect(
    header(
      compose({ body: "hello", headers: [{ name: "content-type", value: "text/plain" }] }, { id: 1 }),
      "content-type",
    ),
  ).toBe("text/plain");
  expect(header(compose({ method: "GET" }, { id: 1 }), "content-type")).toBeUndefined();
});

test.each([
  ["x-www-form-urlencoded", "application/x-www-form-urlencoded"],
  ["json", "application/json"],
])("the shorthand %s means %s", (short, registered) => {
  const composed = compose({ body: "{}", headers: [{ name: "Content-Type", value: short }] }, { id: 1 });

  expect(header(composed, "content-type")).toBe(registered);
});

test("basic auth in the URL becomes a header and leaves the URL", () => {
  const composed = compose({ url: "https://us%40er:p%3Ass@api.example.com/x" }, { id: 1 });

  expect(header(composed, "authorization")).toBe(`Basic ${Buffer.from("us@er:p:ss").toString("base64")}`);
  expect(request(composed)).toMatchObject({ origin: "https://api.example.com", path: "/x" });
});

test("the old idiom gives the whole customer as JSON, for every customer", () => {
  fc.assert(
    fc.property(
      fc.record({ id: fc.string({ minLength: 1 }), any: fc.jsonValue(), arrow: fc.constant("a=>b =>") }),
      (customer) => {
        const { body } = request(compose({ body: '{{ customer | replace: "=>", ":" }}' }, customer));
        expect(JSON.parse(body ?? "")).toEqual(JSON.parse(JSON.stringify(customer)));
      },
    ),
  );
});

test("objects and arrays print as JSON, alone and inside text filters", () => {
  const customer = { id: 1, tags: ["a", "b"], address: { city: "X" } };

  expect(request(compose({ body: "{{ customer.tags }}" }, customer)).body).toBe('["a","b"]');
  expect(request(compose({ body: "{{ customer.address | append: '' }}" }, customer)).body).toBe(
    '{"city":"X"}',
  );
});

test("form pairs are encoded, whatever the values hold", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (first, second) => {
      const composed = compose(
        {
          form: [
            { name: "a b", value: "{{ customer.first }}" },
            { name: "c", value: "{{ customer.second }}" },
          ],
        },
        { id: 1, first, second },
      );
      const wellFormed = (text: string) => Buffer.from(text).toString();
      expect([...new URLSearchParams(request(composed).body ?? "")]).toEqual([
        ["a b", wellFormed(first)],
        ["c", wellFormed(second)],
      ]);
      expect(header(composed, "content-type")).toBe("application/x-www-form-urlencoded");
    }),
  );
});

test("an absent value fails the delivery and is named, unless a default or a condition handles it", () => {
  expect(compose({ body: "{}\n{{ customer.plan.name }}" }, { id: 1, plan: {} })).toMatchObject({
    kind: "problem",
    reason: "value_missing",
    problems: [{ field: "body", line: 2, message: expect.stringContaining("customer.plan.name is missing") }],
  });
  const reckoned = "[{{ customer.points | plus: 1 | times: 2 | default: 0 }}]";
  expect(request(compose({ body: reckoned }, { id: 1 })).body).toBe("[0]");
  expect(request(compose({ body: reckoned }, { id: 1, points: 2 })).body).toBe("[6]");
  const loop = '"{% for one in customer.list %}{{ one }}{% else %}none{% endfor %}"';
  expect(request(compose({ body: loop }, { id: 1 })).body).toBe('"none"');
  expect(request(compose({ body: loop }, { id: 1, list: ["a", "b"] })).body).toBe('"ab"');
  expect(request(compose({ body: '"{{ customer.plan | default: "none" }}"' }, { id: 1 })).body).toBe(
    '"none"',
  );
  expect(request(compose({ body: "{% if customer.plan %}1{% else %}2{% endif %}" }, { id: 1 })).body).toBe(
    "2",
  );
  expect(request(compose({ missing: "empty", body: '"{{ customer.plan }}"' }, { id: 1 })).body).toBe('""');
});

test("a body that is not the JSON it promises fails with line and column", () => {
  expect(
    compose({ escaping: "none", body: '{\n  "name": "{{ customer.name }}"\n}' }, { id: 1, name: 'a"b' }),
  ).toMatchObject({
    reason: "body_invalid",
    problems: [{ field: "body", line: 2, column: 14 }],
  });
  expect(compose({ body: '{"a": ' }, { id: 1 })).toMatchObject({
    reason: "body_invalid",
    problems: [{ message: "the JSON ends too early" }],
  });
});

test.each(["\r\nX-Evil: 1", "a\nb", "a\0b", "\u007f", "naïve ☃"])(
  "the header value %j is refused",
  (value) => {
    expect(
      compose({ headers: [{ name: "X", value: "{{ customer.v }}" }] }, { id: 1, v: value }),
    ).toMatchObject({ reason: "header_invalid", problems: [{ field: "headers[0].value" }] });
  },
);

test.each([
  ["{% if customer.vip %}gold\n{% else %}basic{% endif %}\n", { vip: true }, "gold"],
  ["\n{% if customer.vip %}\n  gold\n{% endif %}\n", { vip: true }, "gold"],
  ["abc\n", {}, "abc"],
  [" \tabc\r\n\r\n ", {}, "abc"],
  ["{{ customer.v }}", { v: "from a file\r\n" }, "from a file"],
  ["{{ customer.v }}", { v: "" }, ""],
  ["{{ customer.v }}\n", { v: " a \u00a0" }, "a \u00a0"],
])("white space around the header value %j is no part of it", (value, customer, sent) => {
  const { headers } = request(compose({ headers: [{ name: "X", value }] }, customer));
  expect(headers.slice(2, 4)).toEqual(["X", sent]);
});

test.each([
  "ftp://h/",
  "file:///x.txt",
  "mailto:x@example.com",
  "//h/x",
  "",
  "https://",
  "http://[2001:db8::1",
])("the URL %j is refused", (url) => {
  expect(compose({ url: "{{ customer.url | raw }}" }, { id: 1, url })).toMatchObject({
    reason: "url_invalid",
  });
});

test("templates reach no prototype, no file and no process", () => {
  for (const body of [
    "{{ customer.constructor.name }}",
    "{{ customer.__proto__ }}",
    "{{ customer.toString }}",
    "{{ process.env }}",
    "{{ customer['constructor'] }}",
  ]) {
    expect(compose({ body }, { id: 1 })).toMatchObject({ kind: "problem", reason: "value_missing" });
  }
  for (const body of ["{% include 'x' %}", "{% render 'y' %}", "{% layout 'x' %}"]) {
    expect(() => compose({ body }, { id: 1 })).toThrow(/other templates/);
  }
});

test("all template problems of an action are told at once, with their places", () => {
  const document = {
    url: "https://h/{{ x",
    body: "{% if %}",
    headers: [{ name: "A", value: "{{ a | nofilter }}" }],
  };

  expect(() => compose(document, { id: 1 })).toThrow(/url.*\n.*headers\[0\]\.value.*\n.*body/s);
});

test("all headers together are bounded, with the user info's and the delivery's id", () => {
  const composeWith = (url: string, chars: number) =>
    compose({ url, headers: [{ name: "X", value: "x".repeat(chars) }] }, { id: 1 });

  expect(composeWith("https://h/", 16_000)).toMatchObject({ kind: "request" });
  for (const composed of [
    composeWith(`https://u:${"p".repeat(300)}@h/`, 16_000),
    composeWith("https://h/", 16_380),
  ])
    expect(composed).toMatchObject({ reason: "request_too_large", problems: [{ field: "headers" }] });
});

test("Postrider says who it is, unless the action says who sends", () => {
  expect(header(compose({}, { id: 1 }), "user-agent")).toBe(`Postrider/${VERSION}`);
  const given = compose(
    { headers: [{ name: "USER-AGENT", value: "{{ customer.app }}/2" }] },
    { app: "Shop" },
  );
  expect(request(given).headers.filter((text) => /^user-agent$/i.test(text))).toEqual(["USER-AGENT"]);
  expect(header(given, "user-agent")).toBe("Shop/2");
});

test("a Content-Type that depends on data is refused, since the body's values are escaped for it", () => {
  const document = (value: string) => ({ body: "{}", headers: [{ name: "content-type", value }] });
  expect(() => compose(document("{{ customer.type }}"), { id: 1 })).toThrow(/Content-Type with Liquid/);
  expect(() => compose(document("application/{% if true %}json{% endif %}"), { id: 1 })).toThrow(
    /write the type out/,
  );
});
