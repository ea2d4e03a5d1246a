// Documents hold what they say: links lead somewhere, each page is found from the first one, commands and
// settings that they name are there, and their actions compile.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileAction } from "@postrider/compose/compile";
import { parseAction } from "@postrider/shared/parse-action";
import { toEnvironmentName } from "@postrider/shared/settings/read-settings";
import { settingsSchema } from "@postrider/shared/settings/settings";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { commandLines, lead } from "../support/command-tree.ts";
import { anchorsOf, blocksOf, commandLinesOf, linksOf } from "../support/documents.ts";
import { ROOT } from "../support/processes.ts";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
}).split("\n");
const pages = new Map(
  files
    .filter((name) => name.endsWith(".md"))
    .map((name) => [name, readFileSync(join(ROOT, name), "utf8")] as const),
);

test("links lead to files, folders and headings that are there", () => {
  for (const [page, text] of pages)
    for (const [path, anchor] of linksOf(text)) {
      const target = path === "" ? page : join(page, "..", path);
      const isThere = files.some(
        (name) => name === target || name.startsWith(`${target.replace(/\/$/, "")}/`),
      );
      expect(isThere, `${page} links to ${path}`).toBe(true);
      if (anchor !== "")
        expect([...anchorsOf(pages.get(target) ?? "")], `${page} links to ${path}#${anchor}`).toContain(
          anchor,
        );
    }
});

test("every page is found from the README, and those about the product from the index of documents", () => {
  expect(reachedFrom("README.md")).toEqual(new Set(pages.keys()));
  const index = linksOf(pages.get("docs/README.md") ?? "").map(([path]) => join("docs", path));
  const ofProduct = [...pages.keys()].filter((name) => /^docs\/(?!README)/.test(name));
  expect(ofProduct.filter((name) => !index.includes(name))).toEqual([]);
});

function reachedFrom(first: string): Set<string> {
  const reached = new Set([first]);
  for (const page of reached)
    for (const [path] of linksOf(pages.get(page) ?? "")) {
      const target = join(page, "..", path);
      if (pages.has(target)) reached.add(target);
    }
  return reached;
}

/** What stands for many lines at once (`list | show ID`, `[--yes]`, `…`) is read for people alone. */
const FOR_PEOPLE = /[…[\]]| \| (?!postrider|\.\/|jq|head|sort)|--(?:help|version)/;

test("commands that pages show are command lines that are taken", async () => {
  for (const [page, text] of pages)
    for (const words of page === "CHANGELOG.md" ? [] : commandsOf(text))
      expect(await lead(words), `${page}: ${words.join(" ")}`).not.toBe("");
});

/** The words of each command; what stands behind a gap describes it. */
function commandsOf(text: string): string[][] {
  return commandLinesOf(text)
    .filter((line) => !FOR_PEOPLE.test(line))
    .flatMap((line) => commandLines(line.split(/ {2,}/, 1)[0] ?? ""));
}

test("settings that pages name are settings", () => {
  const known = Object.keys(settingsSchema.shape).map(toEnvironmentName);
  for (const [page, text] of pages)
    for (const [, name = "", isMany] of text.matchAll(/\b(POSTRIDER_[A-Z_]*[A-Z])\b(_\*)?/g))
      expect(
        isMany === undefined ? known.includes(name) : known.some((one) => one.startsWith(name)),
        `${page} names ${name}`,
      ).toBe(true);
});

test("actions that pages show whole are actions", () => {
  let seen = 0;
  for (const [page, text] of pages)
    for (const { language, text: yaml } of blocksOf(text)) {
      if (language !== "yaml" || !/^id: /.test(yaml) || !/^url: /m.test(yaml)) continue;
      seen++;
      expect(() => compileAction(parseAction(parse(yaml))), `${page}:\n${yaml}`).not.toThrow();
    }
  expect(seen).toBeGreaterThan(1);
});
