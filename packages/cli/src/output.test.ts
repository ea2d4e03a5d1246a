import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createOutput } from "./output.ts";

function print(environment: Record<string, string>, isTTY: boolean): string {
  const stdout = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY });
  const output = createOutput({ environment, stdin: stdout, stdout, stderr: stdout }, false);
  output.line(output.paint.red("stop"));
  return String(stdout.read());
}

test.each<[string, boolean, boolean, Record<string, string>]>([
  ["a terminal", true, true, {}],
  ["a file or another program", false, false, {}],
  ["a build server's log, which no test of a script's output may trip over", false, false, { CI: "true" }],
  ["a terminal whose user wants none", true, false, { NO_COLOR: "1" }],
  ["a terminal that knows none", true, false, { TERM: "dumb" }],
  ["a file whose reader wants them", false, true, { FORCE_COLOR: "1" }],
])("colours for %s", (_, isTTY, isColoured, environment) => {
  expect(print(environment, isTTY)).toBe(isColoured ? "\u001b[31mstop\u001b[39m\n" : "stop\n");
});

test("a failure's own marks keep their colours, and control characters of others are shown", () => {
  const stderr = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true });
  const output = createOutput({ environment: {}, stdin: stderr, stdout: stderr, stderr }, false);
  output.fail("a \u001b[31mtext\n of others", {}, [output.paintNote.bold("body")]);

  expect(String(stderr.read())).toBe(
    "\u001b[31mpostrider:\u001b[39m a \\u001b[31mtext\n of others\n\u001b[1mbody\u001b[22m\n",
  );
});
