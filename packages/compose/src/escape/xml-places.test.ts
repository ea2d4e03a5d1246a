// What a reader of XML makes of line breaks and tabs, in attributes and in text (XML 1.0 sections 2.11 and
// 3.3.3).

import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileAction } from "../compile.ts";

function bodyOf(body: string, customer: object): string {
  const headers = [{ name: "Content-Type", value: "text/xml" }];
  const action = parseAction({ id: "a", url: "https://h.example.com/", headers, body });
  const composed = compileAction(action).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body ?? "";
}

const AS_REFERENCES = "l1&#10;l2&#9;x&#13;";
const AS_TEXT = "l1\nl2\tx&#13;";

test.each([
  ['<a n="{{ customer.n }}"/>', `<a n="${AS_REFERENCES}"/>`],
  ["<a m = '\"' n='{{ customer.n }}'>x</a>", `<a m = '"' n='${AS_REFERENCES}'>x</a>`],
  ['<a n="{{ customer.n | escape }}"/>', `<a n="${AS_REFERENCES}"/>`],
  ["<a>{{ customer.n }}</a>", `<a>${AS_TEXT}</a>`],
  ["<a>\"{{ customer.n }}'{{ customer.n }}</a>", `<a>"${AS_TEXT}'${AS_TEXT}</a>`],
  ['<?x version="1?>{{ customer.n }}', `<?x version="1?>${AS_TEXT}`],
  ['<!-- <a n=" -->{{ customer.n }}', `<!-- <a n=" -->${AS_TEXT}`],
  ['<![CDATA[<a n="]]>{{ customer.n }}', `<![CDATA[<a n="]]>${AS_TEXT}`],
  [
    '<a {% if customer.n %}n="{{ customer.n }}"{% endif %}>{{ customer.n }}</a>',
    `<a n="${AS_REFERENCES}">${AS_TEXT}</a>`,
  ],
  ['<a n="{% if customer.n %}x{% else %}y"{% endif %}{{ customer.n }}"/>', `<a n="x${AS_REFERENCES}"/>`],
  [
    '{% for i in (1..2) %}<a n="{{ customer.n }}">{{ customer.n }}</a>{% endfor %}',
    `<a n="${AS_REFERENCES}">${AS_TEXT}</a>`.repeat(2),
  ],
  ["{% capture c %}{{ customer.n }}{% endcapture %}<a n='{{ c }}'/>", `<a n='${AS_REFERENCES}'/>`],
])("%s", (template, body) => {
  expect(bodyOf(template, { n: "l1\nl2\tx\r" })).toBe(body);
});

/**
 * As a conforming reader sees it: breaks of all kinds are LF, and in an attribute white space is a space;
 * references stay what they are.
 */
function read(written: string, isAttribute: boolean): string {
  const seen = written.replace(/\r\n?/g, "\n").replace(/[\t\n]/g, isAttribute ? " " : "$&");
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">" };
  return seen.replace(
    /&(?:#(\d+)|(\w+));/g,
    (_, code, name) => entities[name] ?? String.fromCharCode(Number(code)),
  );
}

test("every value is read back, in attributes and in text", () => {
  const value = fc.oneof(fc.string(), fc.constantFrom("\r\n", "\n\n", "\t", "\r", " \n ", "&#10;", "\"'<>"));
  fc.assert(
    fc.property(value, (n) => {
      const body = bodyOf("<a n=\"{{ customer.n }}\" m='{{ customer.n }}'>{{ customer.n }}</a>", { n });
      const [, double = "", single = "", inside = ""] =
        /^<a n="([^"]*)" m='([^']*)'>([^<]*)<\/a>$/.exec(body) ?? [];
      expect([read(double, true), read(single, true), read(inside, false)]).toEqual([n, n, n]);
    }),
    { numRuns: 500 },
  );
});
