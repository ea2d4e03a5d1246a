import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { withYoungGeneration } from "./generations.ts";
import { toWaitMs } from "./process-place.ts";
import { passLines } from "./start-process.ts";

test("one that had worked is replaced at once, one that fails at its start after a growing wait", () => {
  expect([0, 1, 2, 3, 5, 6, 60].map(toWaitMs)).toEqual([0, 1_000, 2_000, 4_000, 16_000, 30_000, 30_000]);
});

test.each([
  ["as they come", ["one\n", "two\n"], ["one\n", "two\n"]],
  ["several at once, the last one whole", ["one\ntwo\nth", "ree\n"], ["one\ntwo\n", "three\n"]],
  ["one in many pieces", ["o", "n", "e\nt"], ["one\n"]],
])("lines are handed on whole: %s", async (_, chunks, expected) => {
  const passed: string[] = [];
  const from = Readable.from(chunks.map((text) => Buffer.from(text)));
  passLines(from, (lines) => passed.push(lines));
  await new Promise((resolve) => from.once("end", resolve));
  expect(passed).toEqual(expected);
});

test("a character of several bytes is not cut", async () => {
  const passed: string[] = [];
  const bytes = Buffer.from("é\n");
  const from = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]);
  passLines(from, (lines) => passed.push(lines));
  await new Promise((resolve) => from.once("end", resolve));
  expect(passed).toEqual(["é\n"]);
});

test.each([
  [[], undefined, ["--max-semi-space-size=64"]],
  [["--import", "tsx"], "--enable-source-maps", ["--import", "tsx", "--max-semi-space-size=64"]],
  [["--max-semi-space-size=8"], "", ["--max-semi-space-size=8"]],
  [["--max_semi_space_size=8"], "", ["--max_semi_space_size=8"]],
  [[], "--inspect --max-semi-space-size=8", []],
])("flags %j with NODE_OPTIONS %j become %j", (flags, options, expected) => {
  expect(withYoungGeneration(flags, options)).toEqual(expected);
});
