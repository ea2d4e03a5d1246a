// JSON and GraphQL nested by hand in a JSON text: told where it is certain, and what to write is right.

import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { findWarnings } from "../warnings.ts";

const compile = (body: string) =>
  compileAction(parseAction({ id: "a", url: "https://h.example.com/x", body }));
const codesOf = (body: string) => findWarnings(compile(body)).map(({ code }) => String(code));

test.each([
  String.raw`{"query": "mutation { up(id: \"1\", n: \"{{ customer.n }}\") { id } }"}`,
  String.raw`{"query": "query Q { a(n: [\"{{ customer.n }}\"]) { id } }"}`,
  String.raw`{"Message": "{\"name\": \"{{ customer.n }}\"}"}`,
  String.raw`{"Message": "{\"name\": \"Dear {{ customer.n }}!\", \"age\": {{ customer.age }}}"}`,
  String.raw`{"a": 1{% if customer.n %}, "Message": "[\"{{ customer.n }}\"]"{% endif %}}`,
  String.raw`{"Message": "{\"l\": [{% for i in customer.l %}\"{{ i }}\"{% unless forloop.last %},{% endunless %}{% endfor %}]}"}`,
])("%s", (body) => {
  const warnings = findWarnings(compile(body));
  expect(warnings).toMatchObject([{ field: "body", code: "nested_by_hand" }]);
  expect(warnings[0]?.message).toMatch(/variables.*capture/);
});

test.each([
  String.raw`{"text": "He said \"{{ customer.n }}\""}`,
  String.raw`{"text": "Your order: \"{{ customer.n }}\""}`,
  String.raw`{"text": "{greeting}, \"{{ customer.n }}\" is here"}`,
  String.raw`{"text": "[VIP] \"{{ customer.n }}\""}`,
  String.raw`{"text": "<a href=\"{{ customer.n }}\">x</a>"}`,
  String.raw`{"text": "query us at \"{{ customer.n }}\""}`,
  String.raw`{"Message": "{\"age\": {{ customer.age }}}"}`,
  String.raw`{"Message": "{\"name\": \"{{ customer.n | replace: '"', '\\"' }}\"}"}`,
  '{"query": "mutation($n: String) { up(n: $n) { id } }", "variables": {"n": "{{ customer.n }}"}}',
  '{% capture inner %}{"name": "{{ customer.n }}"}{% endcapture %}{"Message": "{{ inner }}"}',
])("of %s nothing is told", (body) => {
  expect(codesOf(body)).toEqual([]);
});
