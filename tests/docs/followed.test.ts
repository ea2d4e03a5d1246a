// The README and the tutorial, followed as a reader would: every shell block of both pages in its order, and
// what each prints is what the page shows.

import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Block, blocksOf } from "../support/documents.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort, closedPortOfFourDigits } from "../support/network.ts";
import { ROOT, type StartedProcess, startProcess } from "../support/processes.ts";

/** What goes on until the reader ends it, in a terminal of its own, and what it prints when it is ready. */
const GOES_ON: Readonly<Record<string, RegExp>> = {
  "npm start": /API ready/,
  "npx tsx examples/receiver.ts": /listening on/,
};

/** What takes a minute and has a test of its own (tests/demo). */
const PASSED_OVER = new Set(["npm run demo"]);

/** A block that changes nothing may be looked at again, as a reader does who looked too early. */
const CHANGES = /\b(?:apply|enqueue|replay)\b| -d |<<|node send/;

/** Stands for the reader's checkout, in which the pages' files are written. */
let directory: string;
/** What of the pages is another thing on a machine where others have taken the usual ports. */
let substitutes: readonly (readonly [string, string])[];
let environment: Record<string, string>;
const running = new Map<string, StartedProcess>();
let shell: StartedProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  for (const name of await readdir(ROOT))
    if (name !== ".git") await symlink(join(ROOT, name), join(directory, name));
  const [redis, api, receiver] = [await closedPort(), await closedPort(), await closedPortOfFourDigits()];
  substitutes = [
    ["npm start", `exec npm start -- --redis-port ${redis}`],
    ["npx tsx examples/receiver.ts", `exec node --import tsx examples/receiver.ts ${receiver}`],
    ["localhost:8080", `localhost:${api}`],
    ["127.0.0.1:9000", `127.0.0.1:${receiver}`],
  ];
  environment = { POSTRIDER_KEY_PREFIX: "", POSTRIDER_API_PORT: `${api}`, POSTRIDER_METRICS_PORT: "0" };
  shell = startProcess("bash", ["-e"], {
    ...environment,
    POSTRIDER_REDIS_URL: `redis://127.0.0.1:${redis}`,
  });
  shell.write(`cd '${directory}'\n`);
});
afterAll(async () => {
  shell.endInput();
  for (const child of running.values()) child.kill("SIGTERM");
  await Promise.all([shell, ...running.values()].map(({ exited }) => exited));
  await rm(directory, { recursive: true });
});

test.each(["README.md", "docs/getting-started.md"])("%s: its commands do what it says", async (page) => {
  // The README's goes through npx as it stands; for each of the others that would take as long as it does.
  if (page !== "README.md")
    substitutes = [...substitutes, ["npx postrider", `node ${directory}/packages/cli/bin/postrider.js`]];
  const blocks = blocksOf(await readFile(join(ROOT, page), "utf8"));
  for (const [index, block] of blocks.entries()) {
    if (block.language !== "sh") continue;
    const next = blocks[index + 1];
    await follow(block, next?.language === "text" ? next.text : "…");
  }
});

async function follow(block: Block, shown: string): Promise<void> {
  const command = block.text.trim();
  if (PASSED_OVER.has(command)) return;
  const arrange = command.includes("outcomes tail") ? inAnyOrder : tidy;
  const expected = toPattern(arrange(here(shown)));
  const ready = GOES_ON[command];
  if (ready !== undefined) {
    const child =
      running.get(command) ??
      startProcess("bash", ["-c", `cd '${directory}'; ${here(command)}`], environment);
    running.set(command, child);
    await child.waitForOutput(ready);
    expect(tidy(child.stdout)).toMatch(expected);
    return;
  }
  const look = async (): Promise<void> =>
    expect(arrange(await say(here(command))), command).toMatch(expected);
  await (CHANGES.test(command) ? look() : eventually(look));
}

let told = 0;

/** What a block prints, on either stream. @throws when it ends with another exit code than 0. */
async function say(block: string): Promise<string> {
  const from = shell.stdout.length;
  const end = `== ${++told} ==`;
  shell.write(`{\n${block}\n} </dev/null 2>&1\necho '${end}'\n`);
  await Promise.race([
    shell.waitForOutput(new RegExp(end)),
    shell.exited.then(() => {
      throw new Error(`failed: ${block}\n${shell.stdout.slice(from)}${shell.stderr}`);
    }),
  ]);
  return shell.stdout.slice(from, shell.stdout.lastIndexOf(end));
}

function here(text: string): string {
  return substitutes.reduce((done, [usual, ours]) => done.replaceAll(usual, ours), text);
}

/** Widths of columns follow what stands in them, and an empty line more or less is nobody's matter. */
function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd().replace(/(?<=\S) {2,}/g, "  "));
  return lines.filter((line) => line !== "").join("\n");
}

/** Outcomes come in the order in which deliveries happened to end, each behind its time. */
function inAnyOrder(text: string): string {
  const TIME = "2026-11-29T00:00:00Z".length;
  const lines = tidy(text).split("\n");
  return lines.sort((one, other) => (one.slice(TIME) < other.slice(TIME) ? -1 : 1)).join("\n");
}

/** What is shown, where `…` is anything, on its own line any lines; times differ. */
function toPattern(shown: string): RegExp {
  const source = shown
    .split("\n")
    .map((line) =>
      line === "…"
        ? "(?:.*\n)*?.*"
        : line
            .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
            .replaceAll("…", ".*")
            .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "\\S+Z"),
    )
    .join("\n");
  return new RegExp(`^${source}$`);
}
