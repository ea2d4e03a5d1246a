// V8 keeps its own counsel about the heap, and may forget a flag from one version to the next: so a process
// is asked. What it does of itself depends on how fast the machine is, so that two given bounds are compared.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MODULE = fileURLToPath(new URL("./generations.ts", import.meta.url));
/** What is alive is always as much, and each of it grows old before it is garbage. */
const FILLED = `
  const alive = [];
  let most = 0;
  for (let made = 0; made < 14_000; made++) {
    alive[made % 2_000] = new Array(3_000).fill(made + 0.5);
    if (made % 50 === 0) {
      const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space");
      most = Math.max(most, old.space_used_size);
    }
  }
  console.log(most);`;

function toMost(flags: readonly string[] = []): number {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { boundOldGeneration } from ${JSON.stringify(MODULE)};
    boundOldGeneration(process.execArgv);
    ${FILLED}`;
  const run = ["--import", "tsx", "--max-semi-space-size=8", ...flags, "--input-type=module", "-e", script];
  return Number(execFileSync(process.execPath, run, { encoding: "utf8" }));
}

test("an old generation is bounded, unless its bound is given", () => {
  const bounded = toMost();
  const given = toMost(["--heap-growing-percent=400"]);
  expect(bounded, `${bounded} of ${given}`).toBeLessThan(0.65 * given);
});
