// The runbook as it is committed: its entries with their parts, and its commands.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/processes.ts";

export const PARTS = ["Meaning", "Impact", "Look at", "Likely causes", "Do", "It worked when"] as const;

export const RUNBOOK = readFileSync(join(ROOT, "docs/runbook.md"), "utf8");

/** The text below each heading of a level, up to the next of it or a higher one. */
export function sectionsOf(text: string, level: number): ReadonlyMap<string, string> {
  const heading = new RegExp(`^#{1,${level}} (.*)$`, "gm");
  const found = [...text.matchAll(heading)].filter(([line]) => !/^```/.test(line));
  return new Map(
    found.flatMap((match, index) => {
      if (match[0].indexOf(" ") !== level) return [];
      const end = found[index + 1]?.index ?? text.length;
      return [[match[1] ?? "", text.slice(match.index + match[0].length, end)] as const];
    }),
  );
}

/** The first cells of a text's table rows. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name = "", rest = ""]) => [
    name,
    ...rest.split(" | "),
  ]);
}

/** Each command once, as it stands, without the words behind it. */
export function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.split("\n"),
  );
  const inline = [...text.matchAll(/`(postrider [^`]+)`/g)].map(([, command = ""]) => command);
  const bare = [...blocks, ...inline].map((line) => line.replace(/\s{2,}#.*$/, "").trim());
  return [...new Set(bare)].filter((line) => line !== "");
}
