// Completion: the scripts know every command, option and choice of the tree that they are made of, and
// complete in the shells themselves.

import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer } from "@postrider/producer/producer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { ROOT, startProcess } from "../support/processes.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

let directory: string;
let redisUrl: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  redisUrl = await isolatedRedisUrl();
  await symlink(join(ROOT, "packages/cli/bin/postrider.js"), join(directory, "postrider"));
  await writeFile(join(directory, "people.ndjson"), "");
  for (const shell of SHELLS) {
    const { stdout } = await run(["completion", shell], {});
    await writeFile(join(directory, `script.${shell}`), stdout);
  }
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "welcome", url: "http://127.0.0.1:1/" });
  await producer.destinations.pause("https://api.example.com:8443");
  await producer.close();
});
afterAll(() => rm(directory, { recursive: true }));

const isThere = (shell: Shell): boolean => findOnPath([shell], process.env["PATH"] ?? "") !== null;

/** What a shell itself makes of each line with the cursor at its end. */
async function complete(
  shell: "bash" | "fish",
  lines: readonly string[],
  environment: Record<string, string> = {},
): Promise<string[][]> {
  const [noSettings, loop] = ASK[shell];
  const script = `cd '${directory}'; source script.${shell}; ${loop}`;
  await using child = startProcess(shell, [noSettings, "-c", script, ...lines], {
    POSTRIDER_REDIS_URL: redisUrl,
    ...environment,
    PATH: `${directory}:${process.env["PATH"]}`,
    HOME: directory,
  });
  child.endInput();
  await child.exited;
  expect(child.stderr).toBe("");
  return child.stdout
    .split("==\n")
    .slice(0, lines.length)
    .map((offers) =>
      offers
        .split("\n")
        .flatMap((offer) => offer.split("\t", 1))
        .filter(Boolean),
    );
}

/** How it is told to read no settings, and to complete each of its arguments. */
const ASK = {
  bash: [
    "--norc",
    `for line in "$0" "$@"; do COMP_LINE=$line COMP_POINT=\${#line} COMP_WORDS=(postrider); _postrider; printf '%s\\n' "\${COMPREPLY[@]}" ==; done`,
  ],
  fish: ["--no-config", "for line in $argv; complete -C $line; echo ==; end"],
} as const;

describe.each(["bash", "fish"] as const)("%s", (shell) => {
  test.skipIf(!isThere(shell))("completes commands, options, choices, values, files and ids", async () => {
    const expected = {
      "postrider ru": ["runs"],
      "postrider runs re": ["release", "resume"],
      "postrider --redis redis://127.0.0.1 runs sh": ["show"],
      "postrider enqueue welcome --label a b --wa": ["--wait"],
      "postrider enqueue welcome --format ": ["csv", "ndjson"],
      "postrider completion z": ["zsh"],
      "postrider enqueue welcome --customers peo": ["people.ndjson"],
      "postrider enqueue wel": ["welcome"],
      "postrider destinations pause https://api.example.com:": [expect.stringMatching(/8443$/)],
    };
    // Ids come quickly or not at all, which on a busy machine is a matter of luck.
    await eventually(async () => {
      const offers = await complete(shell, Object.keys(expected));
      for (const [index, [line, wanted]] of Object.entries(expected).entries())
        expect(offers[index]?.toSorted(), line).toEqual(wanted);
    });
  });

  test.skipIf(!isThere(shell))("says nothing where Redis is away or a setting is wrong", async () => {
    const away = { POSTRIDER_REDIS_URL: `redis://127.0.0.1:${await closedPort()}` };

    expect(await complete(shell, ["postrider runs show "], away)).toEqual([[]]);
    expect(await complete(shell, ["postrider runs show "], { POSTRIDER_NONSENSE: "1" })).toEqual([[]]);
  });
});

test.each(SHELLS.filter(isThere))("%s finds nothing wrong with its script", (shell) => {
  const noRun = shell === "fish" ? "--no-execute" : "-n";

  expect(execFileSync(shell, [noRun, join(directory, `script.${shell}`)], { encoding: "utf8" })).toBe("");
});

test.skipIf(!isThere("zsh"))("zsh loads its script by source, and completes by it", async () => {
  await using zsh = startProcess("zsh", [
    "-f",
    "-c",
    `autoload -U compinit; compinit -D; source '${directory}/script.zsh'; print -- $_comps[postrider]
     _describe() { print -l -- \${(P)2} }; compadd() { shift; print -l -- "$@" }
     words=(postrider runs ''); CURRENT=3; _postrider
     words=(postrider enqueue welcome --format ''); CURRENT=5; _postrider`,
  ]);
  await zsh.exited;

  expect(zsh.stdout).toMatch(/^_postrider\n/);
  expect(zsh.stdout).toContain("pause:Send nothing more of a run");
  expect(zsh.stdout).toMatch(/ndjson\ncsv\n$/);
});

test("the ids that are asked for are those in Redis", async () => {
  const ids = async (kind: string) =>
    (await run(["__complete", kind], { POSTRIDER_REDIS_URL: redisUrl })).stdout;

  // They come quickly or not at all, which on a busy machine is a matter of luck.
  await eventually(async () => expect(await ids("action")).toBe("welcome\n"));
  await eventually(async () => expect(await ids("destination")).toBe("https://api.example.com:8443\n"));
  expect(await ids("run")).toBe("");
});
