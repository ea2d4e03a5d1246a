// Writes anew what Ruby's Liquid prints for the comparison's table, which needs Ruby with the gem (Debian:
// ruby-liquid); then counts what is the same. With `--counts` it only counts, and needs no Ruby.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compareAll } from "../tests/ruby-liquid/compare.ts";
import { PRINTS, ROWS, toCustomer, toLine } from "../tests/ruby-liquid/table.ts";

function askRuby(): void {
  const output = execFileSync("ruby", [fileURLToPath(new URL("./ruby-liquid.rb", import.meta.url))], {
    input: ROWS.map(
      ({ template, values }) => `${JSON.stringify([template, ...values.map(toCustomer)])}\n`,
    ).join(""),
    // Dates without a zone are UTC, as they are in Postrider; texts are UTF-8.
    env: { PATH: process.env["PATH"], TZ: "UTC", LANG: "C.UTF-8" },
    encoding: "utf8",
    maxBuffer: 64 * 1_048_576,
    timeout: 120_000,
  });
  const [known = "", ...lines] = output.trimEnd().split("\n");
  const rows = ROWS.map(({ template }, index) => toLine(template, JSON.parse(lines[index] ?? "")));
  writeFileSync(PRINTS, `${[known, ...rows].join("\n")}\n`);
}

if (!process.argv.includes("--counts")) askRuby();
const { same, covered, uncovered } = compareAll();
for (const [{ because }, count] of covered) console.log(`${count}\t${because}`);
const decided = [...covered.values()].reduce((total, count) => total + count, 0);
console.log(`${same} the same, ${decided} differ on purpose, ${uncovered.length} without a rule`);
