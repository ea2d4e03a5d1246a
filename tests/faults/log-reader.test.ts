// Whoever reads the log stands still: the process keeps so much and no more, and says afterwards what is
// missing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/processes.ts";

const LINES = 100_000;
/** Of 100 MB that are logged. */
const KEPT_LINES_MAX = 18_000;

test("a log that nobody reads is kept up to a bound, and each line that is missing is counted", async () => {
  const child = spawn(
    process.execPath,
    ["--conditions=@postrider/source", "--import", "tsx", "tests/support/log-flood.ts"],
    { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stderr, "data");

  let lines = 0;
  let dropped = 0;
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text);
    if (line.msg === "line") lines += 1;
    else if (line.msg.startsWith("log lines dropped")) dropped += line.lines;
    if (lines + dropped >= LINES) child.stdin.end();
  }

  expect(lines + dropped).toBe(LINES);
  expect(lines).toBeLessThan(KEPT_LINES_MAX);
});
