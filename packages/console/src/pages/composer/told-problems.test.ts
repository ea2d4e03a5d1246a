import { expect, test } from "vitest";
import { landingsIn, ofField, ofNoField, toMarked } from "./told-problems.ts";

const preview = (of: readonly (readonly [string, readonly object[]])[]) =>
  ({
    action: "a",
    warnings: [{ pointer: "/method", message: "a GET with a body" }],
    outputs: [],
    previews: of.map(([customerId, problems]) => ({ customerId, problems })),
  }) as never;

test("the same problem of many customers is told once, with whom it befalls", () => {
  const missing = { pointer: "/headers/1/value", line: 1, column: 4, message: "is missing" };
  const marked = toMarked(
    preview([
      ["a", [missing]],
      ["b", []],
      ["c", [missing]],
    ]),
    null,
  );
  expect(ofField(marked, "headers/1/value")).toEqual([
    {
      severity: "error",
      line: 1,
      column: 4,
      message: "is missing (2 of 3 customers, such as a)",
      path: ["headers", "1", "value"],
    },
  ]);
  expect(ofField(marked, "method")).toMatchObject([{ severity: "warning" }]);
  expect(toMarked(preview([["a", [missing]]]), null)[0]?.message).toBe("is missing");
});

test("a place in what was rendered is told in words, once, and stands nowhere in the template", () => {
  const early = { pointer: "/body", line: 2, code: "body_invalid" };
  const marked = toMarked(
    preview([
      ["a", [{ ...early, column: 26, message: "the JSON ends too early; the last value is b" }]],
      ["b", [{ ...early, column: 31, message: "the JSON ends too early; the last value is b" }]],
    ]),
    null,
  );
  expect(ofField(marked, "body")).toEqual([
    {
      severity: "error",
      isOfResult: true,
      message:
        "What this renders to for a (its line 2, column 26): the JSON ends too early; the last value is b (all 2 customers)",
      path: ["body"],
    },
  ]);
});

test("a refused document's problems stand in its fields, the others apart", () => {
  const marked = toMarked(null, [
    { pointer: "/action/form/0/name", message: "is empty" },
    { pointer: "/action/retry/a~1b", message: "is no field" },
    { pointer: "/customers/0", message: "is none" },
  ]);
  expect(ofField(marked, "form/0/name")).toHaveLength(1);
  expect(ofNoField(marked).map(({ path }) => path)).toEqual([
    ["retry", "a/b"],
    ["customers", "0"],
  ]);
});

test("values are told by the field that they land in", () => {
  const output = { field: "headers[0].value", line: 1, column: 1, expression: "{{ a }}", place: "header" };
  expect(landingsIn([output], "headers/0/value", { header: "in a header" })).toEqual([
    { line: 1, column: 1, expression: "{{ a }}", told: "in a header" },
  ]);
  expect(landingsIn([output], "url", {})).toEqual([]);
});
