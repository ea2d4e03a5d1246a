// What the command line loads before it knows what to do: help, completion and every command wait for that.

import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/processes.ts";

/** Each takes longer to load than all that help needs. */
const HEAVY = ["bullmq", "ioredis", "undici", "liquidjs", "fastify", "pino", "testcontainers"];

const STATIC_IMPORT = /^(?:import|export) (?!type\b)[^;]*?from "([^"]+)";/gm;

/** Source file of what a file imports; null for libraries. */
function toSource(specifier: string, from: string): string | null {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  const [, part, path] = /^@postrider\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  return part === undefined ? null : `packages/${part}/src/${path}.ts`;
}

/** Libraries that load with a source file, and by which files in between. */
async function loadedWith(file: string): Promise<ReadonlyMap<string, string>> {
  const libraries = new Map<string, string>();
  const ways = new Map([[file, file]]);
  for (const [source, way] of ways)
    for (const [, specifier = ""] of (await readFile(join(ROOT, source), "utf8")).matchAll(STATIC_IMPORT)) {
      const next = toSource(specifier, source);
      if (next === null) libraries.set(specifier, way);
      else if (!ways.has(next)) ways.set(next, `${way} > ${next}`);
    }
  return libraries;
}

test("a command loads what its work needs when it is asked for that, and not before", async () => {
  const libraries = await loadedWith("packages/cli/src/program.ts");

  expect([...libraries.keys()]).toContain("commander");
  for (const heavy of HEAVY) expect(libraries.get(heavy), `${heavy} is loaded at each start`).toBeUndefined();
});
