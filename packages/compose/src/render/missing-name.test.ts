import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import { compileAction } from "../compile.ts";

test.each([
  ["customer.plan.name", "customer.plan.name"],
  ["customer.gone.name", "customer.gone"],
  ["customer[customer.plan]", "customer[customer.plan]"],
  ["customer[customer.long]", "customer[customer.long]"],
  ["customer.list[7]", "customer.list[7]"],
  ["customer[customer.gone]", "customer.gone"],
])("{{ %s }}: the message names %s, and never what the data hold", (expression, name) => {
  const action = parseAction({ id: "a", url: "http://a.example/", body: `{"x": "{{ ${expression} }}"}` });
  const customer = { id: 1, plan: { a: 1 }, list: [1], long: "x".repeat(5_000) };

  expect(compileAction(action).compose({ id: "d", dueAt: 0 }, { customer })).toMatchObject({
    reason: "value_missing",
    problems: [{ message: expect.stringContaining(`${name} is missing from the data;`) }],
  });
});
