import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run as runCommand } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { postrider, ROOT, startPostrider, startProcess } from "../support/processes.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

/** As npm links it, and as `npx postrider` finds it. */
const LINKED = join(ROOT, "node_modules", ".bin", "postrider");

let directory: string;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  environment = { POSTRIDER_REDIS_URL: await isolatedRedisUrl(), POSTRIDER_METRICS_PORT: "0" };
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

async function actionFile(url: string, body = '{"email": {{ customer.email | json }}}'): Promise<string> {
  return file("action.yaml", `id: act\nurl: ${url}\nbody: '${body}'\nretry: {attempts: 2, baseMs: 10}\n`);
}

test("npx postrider is this command", async () => {
  await using linked = startProcess(LINKED, ["--version"]);

  expect(await linked.exited).toEqual({ code: 0, signal: null });
  expect(linked.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("the way of a user: preview, apply, enqueue, runs show, dead-letters, replay, status", async () => {
  let isBroken = true;
  await using receiver = await startReceiver(({ body }) =>
    isBroken && body.includes("bad@") ? reply(400, {}, "bad address") : ok(),
  );
  const action = await actionFile(`${receiver.url}/{{ customer.id | url_encode }}`);
  const customer = await file("customer.json", '{"id": "a/b", "email": "x\\"y@example.com"}');
  const customers = await file(
    "customers.ndjson.gz",
    gzipSync('{"id":1,"email":"a@b"}\n{"id":2,"email":"bad@b"}\n'),
  );

  const preview = await postrider(["actions", "preview", action, "--customer", customer, "--json"]);
  expect(JSON.parse(preview.stdout)).toMatchObject({
    method: "POST",
    url: `${receiver.url}/a%2Fb`,
    body: '{"email": "x\\"y@example.com"}',
    problems: [],
  });
  expect((await postrider(["actions", "apply", action], environment)).stdout).toBe("act@1 saved\n");
  expect((await postrider(["actions", "apply", action], environment)).stdout).toBe("act@1 unchanged\n");

  const dry = await postrider(
    ["enqueue", "act", "--customers", customers, "--dry-run", "--json"],
    environment,
  );
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, composed: 2, failed: 0 });
  const enqueued = await postrider(
    ["enqueue", "act", "--customers", customers, "--run", "r", "--json"],
    environment,
  );
  expect(JSON.parse(enqueued.stdout)).toEqual({ run: "r", enqueued: 2, duplicates: 0, rejected: 0 });
  expect(enqueued.stderr).toContain("no worker serves the lane bulk at this moment");

  await using worker = startPostrider(["worker"], environment);
  await worker.waitForOutput(/worker ready/);
  const show = async () => JSON.parse((await postrider(["runs", "show", "r", "--json"], environment)).stdout);
  await eventually(async () =>
    expect(await show()).toMatchObject({ enqueued: 2, delivered: 1, failed: 1, waiting: 0, inFlight: 0 }),
  );

  const list = JSON.parse((await postrider(["dead-letters", "list", "--json"], environment)).stdout);
  expect(list).toMatchObject({
    total: 1,
    deadLetters: [{ reason: "reply_4xx", customerId: 2, run: "r", action: "act@1" }],
  });
  const { id } = list.deadLetters[0];
  expect((await postrider(["dead-letters", "show", id], environment)).stdout).toContain("bad address");
  isBroken = false;
  expect((await postrider(["dead-letters", "replay", id], environment)).code).toBe(0);
  await eventually(async () => expect(await show()).toMatchObject({ delivered: 2, failed: 0 }));

  const status = JSON.parse((await postrider(["status", "--json"], environment)).stdout);
  expect(status.lanes).toEqual([
    expect.objectContaining({ lane: "transactional", isServed: true, waiting: 0 }),
    expect.objectContaining({ lane: "bulk", isServed: true, waiting: 0 }),
  ]);
});

test("a test send shows when a worker would try again, what stands for a 2xx that says no, and what cut an answer short", async () => {
  const says = '{"ok": false, "error": "ratelimited"}';
  await using receiver = await startReceiver(({ path }) =>
    path.startsWith("/cut")
      ? (response) => response.writeHead(410, { "content-length": "99" }).write("x", () => response.destroy())
      : reply(200, { "retry-after": "60" }, says),
  );
  const customer = await file("customer.json", '{"id": 1, "email": "e"}');
  const action = async (path: string) =>
    file(
      "says.json",
      JSON.stringify({
        id: "says",
        url: `${receiver.url}/${path}`,
        success: { json: "/ok", is: true, otherwise: 429 },
      }),
    );
  const send = (path: string, ...more: string[]) =>
    action(path).then((document) =>
      runCommand(["actions", "test", document, "--customer", customer, ...more]),
    );

  const judged = JSON.parse((await send("", "--json")).stdout);
  expect(judged).toMatchObject({
    reply: { status: 200, judged: { as: 429, message: "/ok is false, not true" } },
    verdict: "retry",
    reason: "reply_unsuccessful",
  });
  expect(judged.retryInMs).toBeGreaterThanOrEqual(60_000);
  expect(judged.retryInMs).toBeLessThanOrEqual(66_000);
  const shown = (await send("")).stdout;
  expect(shown).toContain("judged as 429: /ok is false, not true");
  expect(shown).toMatch(/retry \(reply_unsuccessful\), a worker would try again in 1 min/);

  const cut = JSON.parse((await send("cut", "--json")).stdout);
  expect(cut).toMatchObject({
    reply: { status: 410, body: "x", isCut: true, trouble: expect.any(String) },
    fault: null,
    verdict: "failed",
    reason: "gone",
    retryInMs: null,
  });
  expect((await send("cut")).stdout).toContain("cut short: ");
});

test("a test send shows request, reply and verdict, and masks the credentials", async () => {
  await using receiver = await startReceiver(() => reply(503, {}, "later"));
  const action = await actionFile(receiver.url.replace("//", "//user:s3cret@"));
  const customer = await file("customer.json", '{"id": 1, "email": "e"}');

  const tested = await runCommand(["actions", "test", action, "--customer", customer, "--json"]);

  expect(JSON.parse(tested.stdout)).toMatchObject({
    reply: { status: 503, body: "later" },
    fault: null,
    verdict: "retry",
    reason: "reply_5xx",
    retryInMs: expect.any(Number),
  });
  expect(receiver.requests[0]?.headers["user-agent"]).toMatch(/^Postrider\/\d/);
  expect(receiver.requests[0]?.headers["authorization"]).toBe(
    `Basic ${Buffer.from("user:s3cret").toString("base64")}`,
  );
  expect(tested.stdout + tested.stderr).not.toMatch(
    new RegExp(`s3cret|${Buffer.from("user:s3cret").toString("base64")}`),
  );

  const elsewhere = await runCommand([
    "actions",
    "test",
    action,
    "--customer",
    customer,
    "--to",
    `http://127.0.0.1:${await closedPort()}/`,
    "--json",
  ]);
  expect(JSON.parse(elsewhere.stdout)).toMatchObject({
    reply: null,
    fault: { code: "connect" },
    verdict: "retry",
  });
});

describe("a customers file with bad lines", () => {
  const lines = '{"id":1,"email":"a"}\n\n{"id":2,"email":\n{"email":"x"}\n{"id":3,"email":"c"}\n';

  test("stops at the first one, names line, column and reason, and enqueues nothing after it", async () => {
    await runCommand(["actions", "apply", await actionFile("http://127.0.0.1:1/")], environment);
    const path = await file("bad.ndjson", lines);

    const result = await runCommand(
      ["enqueue", "act", "--customers", path, "--run", "bad", "--json"],
      environment,
    );

    expect(result.code).toBe(1);
    expect(result.stderr).toContain("line 3, column 17: the JSON ends too early");
    const run = JSON.parse((await runCommand(["runs", "show", "bad", "--json"], environment)).stdout);
    expect(run.enqueued).toBe(1);
  });

  test("with --skip-invalid goes on, and writes the bad ones to a file that it never overwrites", async () => {
    const path = await file("skip.ndjson", lines);

    const result = await runCommand(
      ["enqueue", "act", "--customers", path, "--run", "skip", "--skip-invalid", "--json"],
      environment,
    );
    expect(JSON.parse(result.stdout)).toEqual({ run: "skip", enqueued: 2, duplicates: 0, rejected: 2 });
    expect(await readFile(`${path}.rejected`, "utf8")).toBe('{"id":2,"email":\n{"email":"x"}\n');

    const again = await runCommand(
      ["enqueue", "act", "--customers", path, "--run", "again", "--skip-invalid"],
      environment,
    );
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("exists already");
    const run = await runCommand(["runs", "show", "again"], environment);
    expect(run.stderr).toContain("no run is called again");
  });

  test("a dry run with --skip-invalid counts them and leaves no file in the real run's way", async () => {
    const path = await file("dry.ndjson", lines);

    const dry = await runCommand(
      ["enqueue", "act", "--customers", path, "--dry-run", "--skip-invalid"],
      environment,
    );

    expect(dry.code).toBe(1);
    expect(dry.stderr).toContain("line 3, column 17");
    await expect(readFile(`${path}.rejected`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("every line of a CSV is enqueued or in the rejects file, which can be mended and enqueued", async () => {
    const path = await file("quotes.csv", 'id,email\n1,a\n2,b" c\n3,c\n4,"d\n5,e\n');

    const result = await runCommand(
      ["enqueue", "act", "--customers", path, "--run", "quotes", "--skip-invalid", "--json"],
      environment,
    );

    expect(JSON.parse(result.stdout)).toMatchObject({ enqueued: 3, rejected: 2 });
    expect(await readFile(`${path}.rejected`, "utf8")).toBe('id,email\n2,b" c\n4,"d\n');
  });

  test("a file that is unsuitable as a whole enqueues nothing, with --skip-invalid too", async () => {
    const path = await file("array.json", '[\n{"id":1},\n{"id":2}\n]');

    const result = await runCommand(
      ["enqueue", "act", "--customers", path, "--run", "array", "--skip-invalid"],
      environment,
    );

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/array\.json: line 1, column 1: .*jq -c/);
  });
});

test.each<[string, string[], number, RegExp]>([
  ["an unknown option", ["status", "--jsn"], 2, /unknown option '--jsn'[\s\S]*--json/],
  ["a missing option", ["enqueue", "act"], 2, /--customers/],
  [
    "a file that is not there",
    ["enqueue", "act", "--customers", "nope.ndjson"],
    2,
    /nope\.ndjson: there is no such file/,
  ],
  ["a port that is none", ["up", "--redis-port", "abc"], 2, /whole number from 1 to 65535/],
  ["a port that there is not", ["up", "--redis-port", "99999"], 2, /whole number from 1 to 65535/],
  ["an unknown run", ["runs", "show", "nope"], 1, /no run is called nope/],
  ["an unknown dead letter", ["dead-letters", "show", "nope"], 1, /nope/],
  ["an unknown action", ["actions", "show", "nope"], 1, /nope is not in the store/],
  ["an action with a space", ["enqueue", "Wel come", "--customers", "-"], 1, /"Wel come" is no action/],
  ["a time without its zone", ["enqueue", "a", "--customers", "-", "--send-at", "5"], 2, /2026-12-01T09/],
  ["a run id with a space", ["enqueue", "act", "--customers", "-", "--run", "a b"], 2, /run: "a b"/],
  [
    "a time that is none",
    ["enqueue", "act", "--customers", "-", "--send-at", "soon"],
    2,
    /2026-12-01T09:00:00Z/,
  ],
])("%s: exit code and message", async (_, args, code, message) => {
  const result = await runCommand(args, environment);

  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
});

test("SIGTERM ends an enqueue that waits for its customers; what it has read is enqueued", async () => {
  await runCommand(["actions", "apply", await actionFile("http://127.0.0.1:1/")], environment);
  await using enqueue = startPostrider(
    ["enqueue", "act", "--customers", "-", "--run", "quiet", "--lane", "nobodys"],
    environment,
  );
  enqueue.write('{"id":1}\n');
  await eventually(async () => {
    const run = await runCommand(["runs", "show", "quiet", "--json"], environment);
    expect(JSON.parse(run.stdout)).toMatchObject({ enqueued: 1 });
  });

  enqueue.kill("SIGTERM");

  expect(await enqueue.exited).toEqual({ code: 143, signal: null });
  expect(enqueue.stderr).toContain(
    "this goes on where it stopped (with the same input): postrider enqueue act --customers - --lane nobodys --run quiet\n",
  );
});

test("bad settings are refused with every problem, and an evicting Redis too", async () => {
  const bad = await runCommand(["worker"], {
    ...environment,
    POSTRIDER_CONCURENCY: "1",
    POSTRIDER_LOCK_MS: "x",
  });
  expect(bad.code).toBe(2);
  expect(bad.stderr).toMatch(/POSTRIDER_CONCURENCY[\s\S]*POSTRIDER_LOCK_MS/);

  const away = await runCommand(["worker"], { POSTRIDER_REDIS_URL: "redis://:s3cret@127.0.0.1:1" });
  expect(away.code).toBe(1);
  expect(away.stderr).toContain("ECONNREFUSED");
  expect(away.stderr).not.toContain("s3cret");
});

test("a worker whose port is taken says so and exits 1", async () => {
  await using receiver = await startReceiver();
  const port = new URL(receiver.url).port;

  const result = await runCommand(["worker"], {
    ...environment,
    POSTRIDER_METRICS_PORT: port,
    POSTRIDER_METRICS_HOST: "127.0.0.1",
  });

  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^postrider: POSTRIDER_METRICS_PORT: port \d+ of 127.0.0.1 is taken/);
  expect(result.stderr).not.toMatch(STACK);
});

/** A line of a stack trace: a sentence is what people need. */
const STACK = /\n\s+at /;

test.each([
  [
    "redis://127.0.0.1:1",
    1,
    /POSTRIDER_REDIS_URL: Redis at redis:\/\/127.0.0.1:1 does not answer: .*ECONNREFUSED/,
  ],
  ["nonsense", 2, /POSTRIDER_REDIS_URL: must be a URL/],
])("postrider up with the Redis URL %s says what is wrong and starts nothing", async (url, code, message) => {
  const up = await runCommand(["up"], { POSTRIDER_REDIS_URL: url });

  expect(up.code).toBe(code);
  expect(up.stderr).toMatch(message);
  expect(up.stderr).not.toMatch(STACK);
});

test("postrider up with bad settings starts no Redis", async () => {
  const up = await runCommand(["up"], { POSTRIDER_LOCK_MS: "x" });

  expect(up).toMatchObject({ code: 2, stderr: expect.not.stringContaining("Redis:") });
});

test("a YAML file whose aliases repeat more than a hundred nodes is refused with a sentence", async () => {
  // The limit is there for documents whose aliases name lists of aliases, which grow without end.
  const repeated = await file(
    "repeated.yaml",
    `list: &list [x]\nlists: [${"*list,".repeat(150)}]\nid: x\nurl: http://127.0.0.1\n`,
  );

  const applied = await runCommand(["actions", "apply", repeated], environment);

  expect(applied.code).toBe(1);
  expect(applied.stderr).toMatch(/repeated\.yaml: .*alias/);
  expect(applied.stderr).not.toMatch(STACK);
});

test("a reader that has read enough ends the command quietly", async () => {
  await runCommand(["actions", "apply", await actionFile("http://127.0.0.1:1/")], environment);
  const script = `"${process.execPath}" "${LINKED}" actions list | true`;
  await using shell = startProcess("/bin/sh", ["-c", script], environment);

  await shell.exited;

  expect(shell.stderr).toBe("");
});
