// The end of a run on the command line: wait, close, enqueue --wait, and files without customers.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { startPostrider } from "../support/processes.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

let directory: string;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  environment = { POSTRIDER_REDIS_URL: await isolatedRedisUrl(), POSTRIDER_METRICS_PORT: "0" };
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

const ask = (...args: string[]) => run(args, environment);

test("waits for the end of a run, and its exit code says whether all were delivered", async () => {
  await using receiver = await startReceiver(({ body }) => (body.includes("bad") ? reply(400) : ok()));
  const action = await file("a.yaml", `id: act\nurl: ${receiver.url}/x\nbody: "{{ customer }}"\n`);
  const good = await file("good.ndjson", '{"id":1}\n{"id":2}\n');
  const mixed = await file("mixed.ndjson", '{"id":1}\n{"id":"bad"}\n');
  await ask("actions", "apply", action);

  await ask("enqueue", "act", "--customers", good, "--run", "early");
  const early = await ask("runs", "wait", "early", "--timeout", "0.5");
  expect(early.code).toBe(1);
  expect(early.stderr).toContain("run early is not over after");
  expect(early.stderr).toContain("2 of 2 are left");

  await using _worker = startPostrider(["worker"], environment);
  expect(await ask("runs", "wait", "early")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("run early: completed"),
  });
  const waited = await ask("enqueue", "act", "--customers", good, "--run", "good", "--wait", "--json");
  expect(waited.code).toBe(0);
  expect(JSON.parse(waited.stdout)).toEqual({ run: "good", enqueued: 2, duplicates: 0, rejected: 0 });
  const failed = await ask("enqueue", "act", "--customers", mixed, "--run", "mixed", "--wait");
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("1 of 2 was not delivered") });
  expect((await ask("runs", "wait", "none")).stderr).toContain("no run is called none");

  await ask("enqueue", "act", "--customers", good, "--run", "open", "--open");
  const open = await ask("runs", "wait", "open", "--timeout", "20", "--json");
  expect([open.code, JSON.parse(open.stdout)]).toMatchObject([
    1,
    { state: "running", delivered: 2, closedAt: null },
  ]);
  expect(open.stderr).toContain("runs close open");
  expect((await ask("runs", "close", "open")).stdout).toMatch(/run open: completed[\s\S]*completed /);
  expect((await ask("runs", "wait", "open", "--timeout", "0")).code).toBe(0);
});

test("a file without customers is a mistake, unless it is meant", async () => {
  const action = await file("b.yaml", 'id: b\nurl: http://127.0.0.1:1/x\nbody: "{{ customer }}"\n');
  await ask("actions", "apply", action);
  const cases = [
    [await file("empty.ndjson", ""), /empty\.ndjson has no customer in it/],
    [await file("head.csv", "id,name\n"), /head\.csv has no customer in it/],
  ] as const;
  for (const [path, message] of cases) {
    for (const dry of [[], ["--dry-run"]])
      expect(await ask("enqueue", "b", "--customers", path, "--run", "none", ...dry)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(message),
      });
  }
  const bad = await file("bad.ndjson", "{}\nnonsense\n");
  expect(await ask("enqueue", "b", "--customers", bad, "--run", "none", "--skip-invalid")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no good line"),
  });
  expect((await ask("runs", "show", "none")).stderr).toContain("no run is called none");

  const allowed = await ask(
    "enqueue",
    "b",
    "--customers",
    cases[0][0],
    "--run",
    "none",
    "--allow-empty",
    "--json",
  );
  expect([allowed.code, JSON.parse(allowed.stdout)]).toEqual([
    0,
    { run: "none", enqueued: 0, duplicates: 0, rejected: 0 },
  ]);
  expect(JSON.parse((await ask("runs", "show", "none", "--json")).stdout)).toMatchObject({
    state: "completed",
  });
  expect(await ask("enqueue", "b", "--customers", bad, "--open", "--wait")).toMatchObject({ code: 2 });
});
