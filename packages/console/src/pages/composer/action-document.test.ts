import { expect, test } from "vitest";
import { bodyKindOf, fitsFields, pairsOf, withBodyKind, withField } from "./action-document.ts";
import { attributesBelow } from "./sample-words.ts";

const TYPED = [{ name: "content-type", value: "text/plain" }];

test.each([
  [{}, "none"],
  [{ body: "" }, "json"],
  [{ form: [] }, "form"],
  [{ body: "a", headers: TYPED }, "text"],
  [{ body: "a", headers: [{ name: "Content-Type", value: "application/soap+xml" }] }, "xml"],
  [{ body: "a", headers: [{ name: "Content-Type", value: "application/vnd.api+json" }] }, "json"],
] as const)("%j has a body of kind %s", (document, kind) => {
  expect(bodyKindOf(document)).toBe(kind);
});

test("another kind brings its content type, and leaves the other fields and what was written", () => {
  const start = { url: "u", retry: "none", body: "x", headers: [{ name: "A", value: "b" }, ...TYPED] };
  const xml = withBodyKind(start, "xml");
  expect(xml).toMatchObject({ url: "u", retry: "none", body: "x" });
  expect(pairsOf(xml, "headers")).toEqual([
    { name: "A", value: "b" },
    { name: "Content-Type", value: "application/xml; charset=utf-8" },
  ]);
  for (const kind of ["json", "form", "xml", "text", "none"] as const)
    expect(bodyKindOf(withBodyKind(start, kind))).toBe(kind);
  expect(withBodyKind({ body: "x", headers: TYPED }, "json")).toEqual({ body: "x" });
});

test("fields show what has their form, and nothing else", () => {
  expect(fitsFields({ url: "u", headers: TYPED, body: "b" })).toBe(true);
  for (const odd of [
    { url: 1 },
    { headers: {} },
    { headers: [{ name: "a" }] },
    { form: ["a=b"] },
    { body: {} },
  ])
    expect(fitsFields(odd), JSON.stringify(odd)).toBe(false);
  expect(withField({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
});

test("attributes of samples are offered below a path, lists and odd names too", () => {
  const customer = [
    { id: 1, address: { city: "Oslo" } },
    { id: 2, "odd name": 1, orders: [{ total: 9007199254740993n }] },
  ];
  const below = (...path: string[]) => attributesBelow({ customer }, path).map(({ name }) => name);
  expect(below("customer")).toEqual(["id", "address", "orders"]);
  expect(below("customer", "address")).toEqual(["city"]);
  expect(below("customer", "orders", "first")).toEqual(["total"]);
  expect(below("customer", "constructor")).toEqual([]);
  expect(below("nobody")).toEqual([]);
  expect(attributesBelow({ customer }, ["customer", "orders", "[]"])).toEqual([
    { name: "total", like: "9007199254740993" },
  ]);
});
