// Test files share one Redis, so none may touch or name what is not under its own key prefix.

import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isLeftOver, keyPrefix } from "../support/key-prefix.ts";
import { ROOT } from "../support/processes.ts";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "tests"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file.endsWith(".ts") && file !== "tests/repo/key-prefix.test.ts");

/** What reaches the keys of all, or of an installation with the default prefix. */
const FOREIGN =
  /\bflush(?:db|all)\b|\bredis\.select\(|\bswapdb\b|VITEST_POOL_ID|\{postrider[:}]|\.keys\(["'`]\*/;

/** Tests with a Redis of their own, in which they look at everything. */
const OWN_SERVER = ["tests/delivery/key-prefix.test.ts", "tests/redis-shapes/cluster.test.ts"];

test("no test touches keys that are not its own", async () => {
  for (const file of files.filter((name) => !OWN_SERVER.includes(name)))
    for (const line of (await readFile(join(ROOT, file), "utf8")).split("\n"))
      expect(line, `${file}: use support/keys.ts, findKeys or deleteKeys`).not.toMatch(FOREIGN);
});

test("keys are left over a day after their run began", () => {
  const [, began = ""] = keyPrefix.split("-");
  const at = Number.parseInt(began, 36);
  expect(at).toBeLessThanOrEqual(Date.now());
  for (const key of [`{${keyPrefix}}:actions`, `{${keyPrefix}:0}:totals`]) {
    expect(isLeftOver(key, at + 23 * 3_600_000)).toBe(false);
    expect(isLeftOver(key, at + 25 * 3_600_000)).toBe(true);
  }
  for (const key of ["{postrider}:actions", "{test-one}:actions", `x{${keyPrefix}}`, `{${keyPrefix}x}`])
    expect(isLeftOver(key, at + 1e12)).toBe(false);
});
