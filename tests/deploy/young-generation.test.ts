// Node takes the size of the young generation as it starts: so whatever starts a worker has to give it, and
// all the same.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SEMI_SPACE_MB } from "@postrider/cli/processes/generations";
import { expect, test } from "vitest";
import { ROOT } from "../support/processes.ts";

const FLAG = /--max-semi-space-size=(\d+)/g;

test.each(["package.json", "deploy/Dockerfile", "docs/scaling.md", "docs/guides/tune.md", "bench/README.md"])(
  "%s names the size that worker processes are started with",
  async (file) => {
    const text = await readFile(join(ROOT, file), "utf8");
    const sizes = new Set([...text.matchAll(FLAG)].map(([, size]) => Number(size)));
    expect(sizes).toEqual(new Set([SEMI_SPACE_MB]));
  },
);
