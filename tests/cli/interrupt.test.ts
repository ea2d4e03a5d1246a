// Ctrl-C: a command that is stopped says with which line it goes on, and that line does.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toResumeLine } from "../../packages/cli/src/resume.ts";
import { eventually } from "../support/eventually.ts";
import { postrider, startPostrider } from "../support/processes.ts";
import { reply } from "../support/receiver.ts";
import { customers, type System, startSystem } from "../support/system.ts";

let directory: string;
let system: System;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  system = await startSystem(() => reply(400));
  environment = { POSTRIDER_REDIS_URL: system.redisUrl };
  await system.apply();
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** The words of the line that a command told to go on with. */
function toldLine(stderr: string): string[] {
  const [, line = ""] = /: postrider (.*)\n/.exec(stderr) ?? [];
  return line.split(" ");
}

test("enqueue stopped while it reads goes on under the run that it had made up", async () => {
  await using stopped = startPostrider(["enqueue", "a", "--customers", "-", "--json"], environment);
  stopped.write('{"id":"c0"}\n{"id":"c1"}\n');
  await eventually(async () => {
    const [run] = await system.producer.runs.list(1);
    expect(run?.enqueued).toBe(2);
  });
  stopped.kill("SIGINT");

  expect(await stopped.exited).toEqual({ code: 130, signal: null });
  const line = toldLine(stopped.stderr);
  expect(line.join(" ")).toMatch(/^enqueue a --customers - --json --run a-\d{8}T\d{6}Z$/);
  const input = ["c0", "c1", "c2"].map((id) => `${JSON.stringify({ id })}\n`).join("");
  const goneOn = await postrider(line, environment, input);
  expect(JSON.parse(goneOn.stdout)).toMatchObject({ enqueued: 1, duplicates: 2 });
});

test("a stopped wait says how to wait again: for enqueue --wait that is runs wait", async () => {
  const path = join(directory, "one.ndjson");
  await writeFile(path, '{"id":"one"}\n');
  await using stopped = startPostrider(
    ["enqueue", "a", "--customers", path, "--run", "waited", "--wait"],
    environment,
  );
  await eventually(async () =>
    expect(await system.producer.runs.get("waited")).toMatchObject({ closedAt: expect.any(Number) }),
  );
  await stopped.waitForOutput(/0 of 1 ended/);
  stopped.kill("SIGINT");

  expect(await stopped.exited).toEqual({ code: 130, signal: null });
  expect(toldLine(stopped.stderr)).toEqual(["runs", "wait", "waited"]);
});

test("a stopped replay goes on with the rest alone, and a stopped tail behind what it has printed", async () => {
  await using tail = startPostrider(["outcomes", "tail", "--start", "oldest", "--json"], environment);
  await system.startWorker();
  await system.producer.enqueueMany({ action: "a", run: "failing", customers: customers(30) });
  await system.untilEnded("failing");
  await eventually(() => expect(tail.stdout.split("\n").length).toBeGreaterThan(30));
  tail.kill("SIGINT");
  expect(await tail.exited).toEqual({ code: 130, signal: null });
  const { cursor } = JSON.parse(tail.stdout.trim().split("\n").at(-1) ?? "");
  expect(toldLine(tail.stderr)).toEqual(["outcomes", "tail", "--json", "--after", cursor]);

  const sent = system.receiver.requests.length;
  await using replay = startPostrider(
    ["dead-letters", "replay", "--run", "failing", "--rate", "2", "--json"],
    environment,
  );
  await eventually(() => expect(system.receiver.requests.length).toBeGreaterThan(sent + 1));
  replay.kill("SIGINT");

  expect(await replay.exited).toEqual({ code: 130, signal: null });
  const line = toldLine(replay.stderr);
  expect(line.slice(0, -1).join(" ")).toBe("dead-letters replay --run failing --rate 2 --json --to");
  const rest = await postrider(
    line.map((word) => (word === "2" ? "500" : word)),
    environment,
  );
  await system.untilEnded("failing");
  expect(JSON.parse(rest.stdout).replayed).toBeLessThan(29);
  expect(system.receiver.requests).toHaveLength(sent + 30);
});

test("a line to go on with keeps what was typed, quotes it, and shows no password", () => {
  const words = [
    "--redis",
    "redis://:s3cret@127.0.0.1",
    "x",
    "--all",
    "--to=then",
    "it's",
    "--run",
    "r",
    "y",
  ];

  expect(toResumeLine(words, { "--all": null, "--to": "now", "--run": null })).toBe(
    String.raw`postrider --redis 'redis://:***@127.0.0.1' x 'it'\''s' y --to now`,
  );
});
