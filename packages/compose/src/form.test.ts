import { parseAction } from "@postrider/shared/parse-action";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import { encodeForm } from "./form.ts";
import type { Composed } from "./request.ts";

function compose(pairs: number, customer: object): Composed {
  const form = Array.from({ length: pairs }, (_, index) => ({
    name: `n${index}`,
    value: "{{ customer.v }}",
  }));
  const action = parseAction({ id: "a", url: "https://h.example.com/", form });
  return compileAction(action).compose({ id: "d", dueAt: 0 }, { customer });
}

test("names and values are encoded as URLSearchParams does", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
      expect(`a=${encodeForm(text)}`).toBe(new URLSearchParams({ a: text }).toString());
    }),
    { numRuns: 1_000 },
  );
});

test("a form is as large as a body may be, before and after it is encoded", () => {
  const tooLarge = { kind: "problem", reason: "request_too_large", problems: [{ field: "form" }] };
  expect(compose(10, { v: "x".repeat(400_000) })).toMatchObject({ kind: "request" });
  expect(compose(11, { v: "x".repeat(400_000) })).toMatchObject(tooLarge);
  // Nine characters each.
  expect(compose(2, { v: "\u20ac".repeat(400_000) })).toMatchObject(tooLarge);
});
