// Templates read own properties of what they are given, by whatever way they ask.

import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";

const customer = () => ({
  id: 1,
  name: "Ann",
  key: "__proto__",
  what: "constructor",
  object: { a: 1 },
  list: [{ a: 1 }, { a: 2 }],
});

function compose(body: string, missing: "fail" | "empty", data: object = customer()) {
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const action = parseAction({ id: "a", url: "https://h/", headers, body, missing });
  const composed = compileAction(action).compose({ id: "d", dueAt: 0 }, { customer: data });
  return composed.kind === "request" ? composed.request.body : composed;
}

describe("what is inherited is missing", () => {
  test.each([
    "{{ customer.constructor }}",
    "{{ customer.constructor.name }}",
    "{{ customer['constructor'] }}",
    "{{ customer[customer.what] }}",
    "{{ customer.__proto__ }}",
    "{{ customer[customer.key] }}",
    "{{ customer.toString }}",
    "{{ customer.hasOwnProperty }}",
    "{{ customer.object.first }}",
    "{{ customer.object.last }}",
    "{{ customer.list.constructor }}",
    "{{ customer.list.map }}",
    "{{ customer.list.__proto__ }}",
    "{{ customer.list[0].constructor }}",
    "{{ customer.name.constructor }}",
    "{{ customer.name.at }}",
    "{{ customer.id.constructor }}",
    "{{ constructor }}",
    "{{ __proto__ }}",
    "{{ toString }}",
    "{% for item in customer.list %}{{ item.constructor }}{% endfor %}",
    "{% assign x = customer.object %}{{ x.constructor }}",
    "{% assign __proto__ = customer %}{{ name }}",
    "{{ forloop }}",
  ])("%s", (body) => {
    expect(compose(body, "fail")).toMatchObject({ kind: "problem", reason: "value_missing" });
    expect(compose(body, "empty")).toBe("");
  });
});

describe("filters that take an attribute's name find no inherited one", () => {
  test.each([
    ["{{ customer.list | map: '__proto__' | compact | size }}", "0"],
    ["{{ customer.list | map: 'constructor' | compact | size }}", "0"],
    ["{{ customer.list | map: 'constructor.name' | compact | size }}", "0"],
    ["{{ customer.list | where: 'constructor' | size }}", "0"],
    ["{{ customer.list | where: '__proto__' | size }}", "0"],
    ["{{ customer.list | where_not: 'toString', nil | size }}", "2"],
    ["{{ customer.list | reject: 'constructor' | size }}", "2"],
    ["{{ customer.list | find: 'constructor' | json }}", "null"],
    ["{{ customer.list | has: 'constructor' }}", "false"],
    ["{{ customer.list | where_exp: 'i', 'i.constructor' | size }}", "0"],
    ["{{ customer.list | where_exp: 'i', 'i.__proto__ != nil' | size }}", "0"],
    ["{{ customer.list | find_exp: 'i', 'i.toString' | json }}", "null"],
    ["{{ customer.list | group_by: '__proto__' | map: 'name' | compact | size }}", "0"],
    ["{{ customer.list | group_by: 'constructor' | size }}", "1"],
    ["{{ customer.list | sum: 'constructor' }}", "0"],
    ["{{ customer.list | sort: '__proto__' | map: 'a' | join: '' }}", "12"],
    ["{{ customer.list | sort_natural: 'constructor' | map: 'a' | join: '' }}", "12"],
    ["{{ customer.list | json_array_uniq: 'constructor' | size }}", "1"],
  ])("%s prints %s", (body, prints) => {
    expect(compose(body, "empty")).toBe(prints);
  });
});

test("an own __proto__ is data like any other, and lends nothing to what holds it", () => {
  const data = JSON.parse('{"id":1,"__proto__":{"admin":"yes"}}') as object;
  expect(compose("{{ customer.admin }}", "empty", data)).toBe("");
  expect(compose("{{ customer | json }}", "empty", data)).toBe('{"id":1,"__proto__":{"admin":"yes"}}');
  expect(
    compose(`{% assign x = '{"__proto__":{"admin":1}}' | from_json %}{{ x.admin }}{{ x | json }}`, "empty"),
  ).toBe('{"__proto__":{"admin":1}}');
});

test("templates change nothing of what they are given", () => {
  const data = customer();
  const before = structuredClone(data);
  const body =
    "{% assign l = customer.list | push: 1 | pop | shift | reverse | sort: 'a' | concat: customer.list %}{% assign o = customer.object %}{% assign customer = 1 %}{% increment customer %}{% decrement customer %}";
  const headers = [{ name: "X", value: body }];
  const action = parseAction({ id: "a", url: `https://h/?a=${body}`, headers, body: "{{ customer }}" });
  const composed = compileAction(action).compose({ id: "d", dueAt: 0 }, { customer: data });
  expect(data).toEqual(before);
  expect(composed).toMatchObject({ request: { body: JSON.stringify(before) } });
});
