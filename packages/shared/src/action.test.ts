import { expect, test } from "vitest";
import { parseAction, parseActionRef } from "./action.ts";
import { hasCode } from "./errors.ts";

const good = { id: "a", url: "https://h/" };

function problemsOf(document: unknown): string[] {
  try {
    parseAction(document);
    return [];
  } catch (error) {
    expect(hasCode(error, "action_invalid")).toBe(true);
    return (error as { problems: { field: string }[] }).problems.map(({ field }) => field);
  }
}

test("defaults are filled in", () => {
  expect(parseAction(good)).toEqual({
    id: "a",
    url: "https://h/",
    method: "POST",
    headers: [],
    escaping: "auto",
    missing: "fail",
    timeoutMs: 16_000,
    connectTimeoutMs: 3_000,
    redirects: 0,
    retry: "campaign",
  });
});

test("every problem is named with its field, all at once", () => {
  expect(problemsOf({ id: "A!", url: "", method: "HEAD", timeoutMs: 1, bodyy: "x" }).sort()).toEqual([
    "bodyy",
    "id",
    "method",
    "timeoutMs",
    "url",
  ]);
  expect(
    problemsOf({
      ...good,
      headers: [
        { name: "ok", value: "" },
        { name: "bad name", value: "" },
      ],
    }),
  ).toEqual(["headers[1].name"]);
  expect(problemsOf({ ...good, body: "{}", form: [{ name: "a", value: "b" }] })).toEqual(["form"]);
  expect(problemsOf({ ...good, retry: "often" })).toEqual(["retry"]);
  expect(problemsOf(null)).toEqual([""]);
});

test.each(["Host", "content-length", "Transfer-Encoding", "Connection", "Expect", "Idempotency-Key"])(
  "the header %s cannot be set",
  (name) => {
    expect(problemsOf({ ...good, headers: [{ name, value: "x" }] })).toEqual(["headers[0].name"]);
  },
);

test.each<[string, unknown]>([
  ["a", { id: "a" }],
  ["a@3", { id: "a", version: 3 }],
  ["a@0", null],
  ["a@", null],
  ["a@1@2", null],
  ["A", null],
  ["", null],
])("%j refers to %j", (text, parsed) => {
  expect(parseActionRef(text)).toEqual(parsed);
});
