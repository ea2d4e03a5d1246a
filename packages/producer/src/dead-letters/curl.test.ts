import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toCurl } from "./curl.ts";

/** The arguments that a shell makes of lines, one after the other. */
function wordsOf(...lines: string[]): string[] {
  const script = lines.map((line) => line.replace(/^curl/, "printf '%s\\0'")).join("\n");
  const printed = execFileSync("bash", ["-c", script], { encoding: "utf8" });
  return printed.split("\0").slice(0, -1);
}

test("a request becomes the words that curl needs", () => {
  const line = toCurl({
    method: "POST",
    url: "https://api.example.com/a?b=[1]",
    headers: [
      { name: "Authorization", value: "***" },
      { name: "X-Empty", value: "" },
    ],
    body: "@it's\n$HOME `id` \\ \u001b[31m",
  });

  expect(wordsOf(line)).toEqual([
    "--globoff",
    "--request",
    "POST",
    "--header",
    "Authorization: ***",
    "--header",
    "X-Empty;",
    "--data-raw",
    "@it's\n$HOME `id` \\ \u001b[31m",
    "--url",
    "https://api.example.com/a?b=[1]",
  ]);
  expect(line).not.toContain("\u001b");
});

test("whatever a body holds, it is one argument of a line without control characters", () => {
  const texts = fc.sample(fc.string({ unit: "binary", maxLength: 40 }), 200);
  const bodies = texts.map((text) => Buffer.from(text.replaceAll("\0", "")).toString());
  const lines = bodies.map((body) => toCurl({ method: "PUT", url: "https://a.example/", headers: [], body }));
  const words = wordsOf(...lines);

  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  const WORDS_PER_LINE = 7;
  expect(bodies.map((_, index) => words[index * WORDS_PER_LINE + 4])).toEqual(bodies);
});
