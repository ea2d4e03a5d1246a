// Style is a test: who may import whom, one door per dependency, file sizes, documents that match the code.

import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { VERSION } from "@postrider/shared/version";
import { expect, test } from "vitest";
import { renderDocs } from "../../scripts/docs.ts";
import { DOORS, sourceFiles } from "../../scripts/map.ts";
import { ROOT } from "../support/processes.ts";

const LINES_MAX = 250;

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
}).split("\n");
const sources = sourceFiles().map((file) => `packages/${file}`);

async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:from|import) "([^"]+)"|import\("([^"]+)"\)/g)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
}

/** What each package may import of ours. */
const PACKAGES: Record<string, readonly string[]> = {
  shared: [],
  redis: ["shared"],
  compose: ["shared"],
  producer: ["shared", "redis", "compose"],
  worker: ["shared", "redis", "compose"],
  api: ["shared", "redis", "compose", "producer"],
  client: ["shared"],
  console: ["shared", "client"],
  cli: ["shared", "redis", "compose", "producer", "worker", "api", "client"],
};

/** The pure ring: no library, no clock, no chance, no process. */
const PURE = /^packages\/(worker\/src\/(decide|send\/guard)|compose\/src\/(?!apart\/))/;

test.each(sources)("%s imports only what it may", async (file) => {
  const own = file.split("/")[1] ?? "";
  for (const name of await importsOf(file)) {
    const ours = /^@postrider\/([^/]+)/.exec(name)?.[1];
    if (ours !== undefined) expect(PACKAGES[own], `${file} imports ${name}`).toContain(ours);
    const door = DOORS[name];
    if (door !== undefined)
      expect(
        door.some((place) => file.startsWith(`packages/${place}`)),
        `${file} is no door of ${name}`,
      ).toBe(true);
    if (name.startsWith(".")) expect(name, "imports name the file").toMatch(/\.(?:tsx?|css)$/);
  }
});

/** BullMQ's keys of a lane, and the fields of its hash of a job. */
const BULLMQ =
  /\bkeys\.(?:ofLane|job)\(|:logs\b|:lock\b|["'](?:atm|ats|stc|failedReason|processedOn|finishedOn)["']/;

test.each(sources.filter((file) => !file.startsWith("packages/redis/")))(
  "%s knows nothing of BullMQ's keys and fields",
  async (file) => {
    expect(await readFile(join(ROOT, file), "utf8")).not.toMatch(BULLMQ);
  },
);

const JOINS = "packages/shared/src/join-signals.ts";

test.each(sources.filter((file) => file !== JOINS))("%s joins signals so that none is lost", async (file) => {
  expect(await readFile(join(ROOT, file), "utf8"), `see ${JOINS}`).not.toContain("AbortSignal.any");
});

test.each(sources.filter((file) => PURE.test(file)))("%s is pure", async (file) => {
  const text = await readFile(join(ROOT, file), "utf8");

  expect(text).not.toMatch(
    /Date\.now|Math\.random|new Date\(\)|process\.|node:(fs|net|http|child_process)|random(Bytes|UUID)/,
  );
});

test.each(sources)("%s asks nothing of the machine's zone or language", async (file) => {
  const text = await readFile(join(ROOT, file), "utf8");

  expect(text).not.toMatch(
    /toLocale|localeCompare|getTimezoneOffset|Intl\.\w+\(\)|\.[gs]et(Hours|Minutes|Date|Day|Month|FullYear)\(/,
  );
});

/** What no person writes may be as long as it gets. */
const GENERATED = "packages/client/src/generated.ts";

test.each(sources)(`%s has at most ${LINES_MAX} lines and opens with its part in the story`, async (file) => {
  const text = await readFile(join(ROOT, file), "utf8");

  if (file !== GENERATED) expect(text.split("\n").length).toBeLessThanOrEqual(LINES_MAX);
  expect(text).toMatch(/^(\/\/|\/\*\*)/);
});

/**
 * Files that are called after something else: a command or route after what it deals with, a step after what
 * it calls, a role's settings after the role, what stands for a part of the producer over HTTP after that.
 */
const CALLED_AFTER =
  /^packages\/(?:cli\/src\/commands|cli\/src\/remote|api\/src\/routes|worker\/src\/steps|shared\/src\/settings)\//;

test("a source file's name occurs once, so that whoever looks for a file finds one", () => {
  const owners = new Map<string, string[]>();
  for (const file of sources.filter((name) => !CALLED_AFTER.test(name)))
    owners.set(basename(file), [...(owners.get(basename(file)) ?? []), file]);

  expect([...owners.values()].filter((found) => found.length > 1)).toEqual([]);
});

const WIDTH_MAX = 110;

test("comments are as wide as the code at most", async () => {
  for (const file of files.filter((name) =>
    /^(?:packages\/[^/]+\/src|tests|scripts|bench|demo)\/.*\.tsx?$/.test(name),
  ))
    for (const line of (await readFile(join(ROOT, file), "utf8")).split("\n"))
      if (/^\s*(?:\/\/|\/?\*)/.test(line))
        expect(line.length, `${file}: ${line}`).toBeLessThanOrEqual(WIDTH_MAX);
});

test("no source file is dead: each is imported, or is an entrance", async () => {
  const entrances = new Set([
    "packages/cli/src/main.ts",
    "packages/cli/src/processes/worker-process.ts",
    "packages/producer/src/producer.ts",
    "packages/worker/src/worker.ts",
    "packages/api/src/api.ts",
    "packages/client/src/create-client.ts",
    "packages/console/src/main.tsx",
    // What Vite puts in the place of other modules.
    "packages/console/src/platform/random.ts",
    "packages/console/src/platform/timers.ts",
    "packages/console/src/platform/plain-base.ts",
  ]);
  const imported = new Set<string>();
  for (const file of files.filter((name) => /\.tsx?$/.test(name))) {
    for (const name of await importsOf(file)) {
      const ours = /^@postrider\/([^/]+)\/(.+)$/.exec(name);
      if (ours !== null) imported.add(`packages/${ours[1]}/src/${ours[2]}.ts`);
      else if (name.startsWith(".")) imported.add(join(file, "..", name));
    }
  }

  expect(sources.filter((file) => !imported.has(file) && !entrances.has(file))).toEqual([]);
});

test("the generated pages are what the code gives (npm run docs)", async () => {
  for (const [name, text] of Object.entries(await renderDocs())) {
    expect(await readFile(join(ROOT, "docs", name), "utf8"), `docs/${name}`).toBe(text);
  }
});

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts`. */
function expandBraces(path: string): string[] {
  const [, before = "", names, after = ""] = /^(.*?)\{([^}]+)\}(.*)$/.exec(path) ?? [];
  if (names === undefined) return [path];
  return names.split(",").flatMap((name) => expandBraces(before + name + after));
}

test("paths that documents and comments name are there", async () => {
  const named =
    /(?:packages\/)?\b((?:shared|redis|compose|producer|worker|api|client|console|cli)\/src\/[\w./{},-]*[\w}/])/g;
  const known = files.map((file) => file.replace(/^packages\//, ""));
  for (const file of files.filter((name) => /\.(?:md|ts|mjs)$/.test(name))) {
    const text = await readFile(join(ROOT, file), "utf8");
    for (const [, path = ""] of text.matchAll(named))
      for (const one of expandBraces(path))
        expect(
          known.some((name) => name === one || name.startsWith(`${one.replace(/\/$/, "")}/`)),
          `${file} names ${one}`,
        ).toBe(true);
  }
});

test("all packages have one version, the one that requests carry", async () => {
  const packages = files.filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file));
  const versions = await Promise.all(
    packages.map(async (file) => JSON.parse(await readFile(join(ROOT, file), "utf8")).version),
  );
  expect(new Set(versions)).toEqual(new Set([VERSION]));
});
