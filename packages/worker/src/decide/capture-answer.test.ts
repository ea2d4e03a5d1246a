import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import type { Reply } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { capture } from "./capture-answer.ts";

function asked(document: unknown) {
  return parseAction({ id: "a", url: "https://h/", capture: document }).capture;
}

function reply(body: string, more: Partial<Reply> = {}): Reply {
  return { kind: "reply", status: 201, headers: {}, body: LazyText.of(body), isCut: false, ...more };
}

test("keeps values by JSON pointer, headers whatever their case, and the status", () => {
  const answer = reply('{"order":{"id":"o-1","lines":[{"sku":7}]},"a/b":null}', {
    headers: { etag: 'W/"1"' },
  });

  expect(
    capture(
      answer,
      asked({
        id: "/order/id",
        sku: "/order/lines/0/sku",
        nothing: "/a~1b",
        order: "/order/lines",
        tag: { header: "ETag" },
        code: { status: true },
      }),
    ),
  ).toEqual({
    attributes: { id: "o-1", sku: 7, nothing: null, order: [{ sku: 7 }], tag: 'W/"1"', code: 201 },
    missing: [],
    cut: [],
  });
});

test.each<[string, Reply]>([
  ["no JSON", reply("<html>")],
  ["no body", reply("")],
  ["longer than is read", reply('{"id":1', { isCut: true })],
  ["cut short", reply('{"id":1}', { isCut: true, trouble: "the connection was closed" })],
  ["without that place", reply('{"ID":1}')],
])("says of an answer that is %s which attributes are missing, and keeps the others", (_, answer) => {
  expect(capture(answer, asked({ id: "/id", code: { status: true } }))).toEqual({
    attributes: { code: 201 },
    missing: ["id"],
    cut: [],
  });
});

test("keeps integers whose digits a double would change", () => {
  expect(capture(reply('{"id":9007199254740993}'), asked({ id: "/id" }))?.attributes).toEqual({
    id: 9007199254740993n,
  });
});

test("cuts a long text, leaves out what is long and no text, and says so", () => {
  const answer = reply(JSON.stringify({ text: "é".repeat(5_000), list: Array(2_000).fill(1), short: "s" }));
  const captured = capture(answer, asked({ text: "/text", list: "/list", short: "/short" }));

  expect(captured?.attributes).toEqual({ text: "é".repeat(1_021), short: "s" });
  expect(captured?.cut).toEqual(["text", "list"]);
});

test("all attributes together are bounded, and no character is halved", () => {
  const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
  const answer = reply(JSON.stringify("😀".repeat(1_000)));
  const captured = capture(answer, asked(Object.fromEntries(names.map((name) => [name, ""]))));

  expect(JSON.stringify(captured?.attributes).length).toBeLessThan(5_000);
  expect(captured?.cut).toEqual(names);
  for (const value of Object.values(captured?.attributes ?? {}))
    expect(Buffer.from(String(value)).toString()).toBe(value);
});

test("nothing is captured where nothing is asked for, or no answer came", () => {
  expect(capture(reply("{}"), undefined)).toBeUndefined();
  expect(capture({ kind: "fault", code: "reset", message: "" }, asked({ id: "/id" }))).toBeUndefined();
});

test.each<[document: unknown, message: RegExp]>([
  [{}, /must name an attribute/],
  [{ "1st": "/id" }, /beginning with a letter/],
  [{ id: "id" }, /JSON pointer/],
  [{ id: { header: "not a name" } }, /JSON pointer|header name/],
  [{ id: { status: false } }, /status/],
  [Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, "/x"])), /at most 20/],
])("refuses %j when the action is saved", (document, message) => {
  expect(() => asked(document)).toThrow(message);
});
