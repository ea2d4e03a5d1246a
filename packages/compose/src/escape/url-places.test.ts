// Whatever ways a URL's template takes through its branches and loops, no value chooses where the request
// goes.

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompiledAction, compileAction } from "../compile.ts";
import { findOutputs } from "../describe.ts";
import type { Composed } from "../request.ts";

function compile(url: string): CompiledAction {
  return compileAction(parseAction({ id: "a", url, missing: "empty" }));
}

function compose(action: CompiledAction, customer: object): Composed {
  return action.compose({ id: "d", dueAt: 0 }, { customer });
}

function originOf(composed: Composed): string | null {
  return composed.kind === "request" ? composed.request.origin : null;
}

describe("a value that may stand in the host or elsewhere is refused when the action is saved", () => {
  test.each([
    "https://api.example.com{% if customer.p %}/p/{% endif %}{{ customer.x }}",
    "{% if customer.t %}https://t.example.com/{% else %}https://{% endif %}{{ customer.x }}/x",
    "https://{{ customer.x }}{% if customer.p %}:pw@{% endif %}example.com/",
    "https://h:80{% if customer.p %}/{% endif %}{{ customer.x }}",
    "https://h{% for i in customer.l %}/{% endfor %}{{ customer.x }}",
    "https://h{% for i in customer.l %}{{ customer.x }}/{% endfor %}",
    "https://h{% for i in customer.l %}{% if customer.p %}{% break %}{% endif %}/{% endfor %}{{ customer.x }}",
    "https://h{% for i in customer.l %}{% if customer.p %}{% continue %}{% endif %}/{% endfor %}{{ customer.x }}",
    "https://h{% for i in customer.l %}{% else %}/{% endfor %}{{ customer.x }}",
    "https://h{% case customer.p %}{% when 1 %}/{% endcase %}{{ customer.x }}",
    "https://h{% unless customer.p %}?{% endunless %}{{ customer.x }}",
    "https://h{% if customer.p %}:{% endif %}{{ customer.x }}/",
  ])("%s", (url) => {
    expect(() => compile(url)).toThrow(/stands in the host on one way/);
  });

  test.each(["{% if customer.t %}https://h/{% endif %}{{ customer.x }}", "http{{ customer.x }}://h/"])(
    "%s begins with a value",
    (url) => {
      expect(() => compile(url)).toThrow(/begins with a value/);
    },
  );
});

test.each([
  ["https://{% if customer.p %}eu{% else %}us{% endif %}.example.com/{{ customer.x }}", "/a%2Fb"],
  ["{% case customer.p %}{% when true %}https://eu.example.com{% endcase %}/{{ customer.x }}", "/a%2Fb"],
  ["https://eu.example.com/{% if customer.p %}p/{% endif %}{{ customer.x }}", "/p/a%2Fb"],
  ["https://eu.example.com{% if customer.p %}/p{% endif %}?x={{ customer.x }}", "/p?x=a%2Fb"],
  ["https://eu.example.com{% if customer.p %}/{{ customer.x }}{% endif %}", "/a%2Fb"],
  ["https://eu.example.com/{% for i in customer.l %}{{ customer.x }},{% break %}{% endfor %}", "/a%2Fb,"],
  ["https://eu.example.com{% raw %}/{% endraw %}{{ customer.x }}", "/a%2Fb"],
  ["https://{% if customer.p %}{{ customer.x }}:p{% else %}u{% endif %}@eu.example.com/", "/"],
])("%s is told apart on every way", (url, path) => {
  expect(compose(compile(url), { p: true, l: [1, 2], x: "a/b" })).toMatchObject({
    request: { origin: "https://eu.example.com", path },
  });
});

test("a backslash ends the host, as a slash does", () => {
  expect(findOutputs(compile("https://eu.example.com\\{{ customer.x }}"))).toMatchObject([{ place: "url" }]);
  expect(() => compile("https://h{% if customer.p %}\\{% endif %}{{ customer.x }}")).toThrow(
    /stands in the host on one way/,
  );
});

/** Pieces of URLs in branches and loops; `value` is written where a customer's value stands. */
const { nodes } = fc.letrec<{ node: string; nodes: string }>((tie) => ({
  nodes: fc.array(tie("node"), { maxLength: 4 }).map((pieces) => pieces.join("")),
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: "url" },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        "https://",
        "http",
        "://",
        "h",
        ".example.com",
        "/",
        "?",
        "#",
        ":",
        "80",
        "@",
        "u:p",
        "[",
        "]",
        "{% raw %}/{% endraw %}",
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        "{{ customer.x }}",
        "{{ customer.x | uri_escape }}",
        "{% echo customer.x %}",
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom("{% break %}", "{% continue %}") },
    { weight: 2, arbitrary: tie("nodes").map((body) => `{% if customer.p %}${body}{% endif %}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie("nodes"), tie("nodes"))
        .map(([a, b]) => `{% unless customer.q %}${a}{% else %}${b}{% endunless %}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie("nodes"), tie("nodes"))
        .map(([a, b]) => `{% case customer.q %}{% when true %}${a}{% when 1 %}${b}{% endcase %}`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie("nodes"), tie("nodes"))
        .map(([a, b]) => `{% for i in customer.l %}${a}{% else %}${b}{% endfor %}`),
    },
  ),
}));

/** None of them is a host label, so none may stand in a host; a port that is one may. */
const hostile = fc.constantFrom(
  ".other.example",
  "other.example/",
  "@other.example",
  ":1@other.example",
  "//other.example/",
  "\\other.example",
  "x#",
  "?",
  "%2f",
  ".other.example:81/",
  "https://other.example/",
);

test("no value changes where a request goes, whatever the template's branches and loops", () => {
  let composed = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("", "https://", "https://h.example.com"),
      nodes,
      fc.record({ p: fc.boolean(), q: fc.boolean(), l: fc.array(fc.constant(1), { maxLength: 3 }) }),
      hostile,
      (start, rest, ways, x) => {
        let action: CompiledAction;
        try {
          action = compile(start + rest);
        } catch {
          return;
        }
        const origin = originOf(compose(action, { ...ways, x }));
        if (origin === null) return;
        composed++;
        expect(origin).not.toContain("other");
        // As with a value that harms nobody anywhere.
        const harmless = originOf(compose(action, { ...ways, x: "1" }));
        expect(harmless).toBe(origin);
      },
    ),
    { numRuns: 5_000 },
  );
  // Else it would have tried nothing.
  expect(composed).toBeGreaterThan(100);
});

test("no empty value leaves an empty path segment, whatever the template's branches and loops", () => {
  const isEmpty = (path: string) =>
    path
      .replace(/[?#].*/s, "")
      .split("/")
      .slice(1)
      .map((segment) => segment === "");
  let composed = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("https://h.example.com/", "https://h.example.com/a/"),
      nodes,
      fc.record({ p: fc.boolean(), q: fc.boolean(), l: fc.array(fc.constant(1), { maxLength: 3 }) }),
      fc.constantFrom(null, ""),
      (start, rest, ways, x) => {
        let action: CompiledAction;
        try {
          action = compile(start + rest);
        } catch {
          return;
        }
        const [empty, full] = [x, "1"].map((value) => compose(action, { ...ways, x: value }));
        if (full?.kind !== "request") return;
        if (empty?.kind === "request") {
          composed++;
          expect(isEmpty(empty.request.path)).toEqual(isEmpty(full.request.path));
        } else {
          refused++;
          expect(empty).toMatchObject({ reason: "value_missing" });
        }
      },
    ),
    { numRuns: 5_000 },
  );
  expect(Math.min(composed, refused)).toBeGreaterThan(50);
});

describe("what a filter has encoded is still kept to its place", () => {
  const encoders = ["uri_escape", "base64", "url_encode", "cgi_escape", "url_encode | append: '/@&'"];
  const places: Record<string, (output: string) => object> = {
    "user info": (output) => ({ url: `https://${output}@api.example.com/p?a=&b=1` }),
    "a query": (output) => ({ url: `https://api.example.com/p?a=${output}&b=1` }),
    "a form": (output) => ({
      url: "https://api.example.com/p",
      headers: [{ name: "Content-Type", value: "form" }],
      body: `a=${output}&b=1`,
    }),
  };
  const values = fc.oneof(hostile, fc.string({ unit: "binary" }), fc.constantFrom("a&c=d", "a=b#?;+ %"));

  test.each(encoders.flatMap((encoder) => Object.keys(places).map((place) => [encoder, place] as const)))(
    "%s in %s",
    (encoder, place) => {
      const document = places[place]?.(`{{ customer.x | ${encoder} }}`);
      const action = compileAction(parseAction({ id: "a", ...document }));
      fc.assert(
        fc.property(values, (x) => {
          const composed = compose(action, { x });
          if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
          const { origin, path, body } = composed.request;
          expect(origin).toBe("https://api.example.com");
          const pairs = body ?? path.replace("/p?", "");
          expect([...new URLSearchParams(pairs).keys()]).toEqual(["a", "b"]);
        }),
      );
    },
  );

  test("uri_escape keeps its slashes in a path, and url_encode its + for a space", () => {
    const action = compile(
      "https://h.example.com/{{ customer.x | uri_escape }}?q={{ customer.x | url_encode }}&r={{ customer.x | base64 }}",
    );
    expect(compose(action, { x: "a b/c?~" })).toMatchObject({
      request: { path: "/a%20b/c%3F~?q=a+b%2Fc%3F~&r=YSBiL2M%2Ffg%3D%3D" },
    });
  });
});
