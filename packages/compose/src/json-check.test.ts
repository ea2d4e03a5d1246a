import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { findJsonProblem } from "./json-check.ts";

test.each<[string, number, number, RegExp]>([
  ["", 1, 1, /ends too early/],
  ["  ", 1, 3, /ends too early/],
  ["{", 1, 2, /ends too early/],
  ['{"a":x}', 1, 6, /from here: "x}"/],
  ['{"a" 1}', 1, 6, /1}/],
  ['{"a":1,}', 1, 8, /}/],
  ["{a:1}", 1, 2, /a:1}/],
  ["[1,,2]", 1, 4, /,2]/],
  ["[1 2]", 1, 4, /2]/],
  ["[1]]", 1, 4, /]/],
  ["{]", 1, 2, /]/],
  ['"a', 1, 3, /ends too early/],
  ['"a\nb"', 1, 3, /b/],
  ['"\\x"', 1, 2, /x/],
  ['{\n "a": "b"c"\n}', 2, 10, /c/],
  ["nul", 1, 1, /nul/],
  ["01", 1, 2, /1/],
  ["1 1", 1, 3, /1/],
  ["[".repeat(900), 1, 901, /ends too early/],
])("%j stops being JSON at line %i, column %i", (text, line, column, message) => {
  expect(findJsonProblem(text)).toMatchObject({ line, column, message: expect.stringMatching(message) });
});

/** How deep the calls are at the deepest place where a text is read. */
function deepestCallFor(text: string): number {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  let deepest = 0;
  const reading = vi.spyOn(RegExp.prototype, "test").mockImplementation(function (this: RegExp, read) {
    deepest = Math.max(deepest, new Error("here").stack?.split("\n").length ?? 0);
    return this.exec(read) !== null;
  });
  try {
    findJsonProblem(text);
  } finally {
    reading.mockRestore();
    Error.stackTraceLimit = limit;
  }
  return deepest;
}

test("nesting takes nothing of the stack, so that no depth can end it", () => {
  expect(deepestCallFor("[".repeat(40))).toBe(deepestCallFor("["));
  expect(deepestCallFor('{"a":'.repeat(20))).toBe(deepestCallFor('{"a":'));
});

test("what JSON.parse takes has no problem", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(findJsonProblem(text)).toBeNull();
    }),
  );
});

test("the place lies at what was inserted or after it, never before the token that it broke", () => {
  const TOKEN_CHARS_MAX = 6;
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("#", '"', "{", "]", ",", "\\", "1", " "),
      (json, position, inserted) => {
        const at = position % (json.length + 1);
        const problem = findJsonProblem(json.slice(0, at) + inserted + json.slice(at));
        if (problem !== null) expect(problem.offset).toBeGreaterThanOrEqual(at - TOKEN_CHARS_MAX);
      },
    ),
  );
});
