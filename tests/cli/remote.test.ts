// The command line through the API does what it does straight on Redis: the same words, the same exit codes.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ran, run } from "../support/command-line.ts";
import { bury } from "../support/dead-letters.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { type StartedProcess, startPostrider } from "../support/processes.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { type System, startSystem } from "../support/system.ts";

let directory: string;
let system: System;
let api: StartedProcess;
let straight: Record<string, string>;
let remote: Record<string, string>;

const TOKEN = "t".repeat(40);
const ENQUEUER = "e".repeat(40);
const TOKENS = JSON.stringify([
  { name: "all", scopes: ["admin"], token: TOKEN },
  { name: "crm", scopes: ["enqueue"], token: ENQUEUER },
]);
const KEYS = `k1:${Buffer.alloc(32, 7).toString("base64")}`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  system = await startSystem(undefined, { secretKeys: KEYS });
  await system.apply({ id: "plain" });
  await system.startWorker({ POSTRIDER_SECRET_KEYS: KEYS });
  straight = { POSTRIDER_REDIS_URL: system.redisUrl, POSTRIDER_SECRET_KEYS: KEYS };
  api = startPostrider(["api"], {
    ...straight,
    POSTRIDER_API_PORT: "0",
    POSTRIDER_API_HOST: "127.0.0.1",
    POSTRIDER_API_TOKENS: TOKENS,
  });
  const [, url = ""] = await api.waitForOutput(/"address":"([^"]+)"/);
  remote = { POSTRIDER_URL: url, POSTRIDER_TOKEN: TOKEN };
  for (const [name, text] of Object.entries(FILES))
    for (const mode of ["s", "r"])
      await writeFile(
        join(directory, name.replace("-M", `-${mode}`)),
        text.replaceAll("-M", `-${mode}`).replaceAll("URL", system.receiver.url),
      );
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const FILES = {
  "customers.ndjson": '{"id":"c1","n":9007199254740993}\n{"id":2}\n{"id":"c3"}\n',
  "some-bad.ndjson": '{"id":"b1"}\nno JSON\n{"id":"b3"}\n',
  "mended.ndjson": '{"id":"s1"}\n{"id":"s2"}\n{"id":"s3"}\n',
  "empty.ndjson": "",
  "customer.json": '{"id":"c1","n":9007199254740993}',
  "event.json": '{"e":"é","big":12345678901234567890}',
  "values.json": '{"event_name":"x"}',
  "bad.yaml": "id: bad\nurl: https://a.example/{{ customer.id | nofilter }}\n",
  "snippet.txt": "Bye, {{ customer.id }}",
  "hook-M.yaml": `id: hook-M\nurl: URL/{{ customer.id }}\nbody: '{"n": {{ customer.n }}, "e": "{{ event.e }}"}'\nmissing: empty\n`,
  "signed-M.yaml": "id: signed-M\nurl: https://a.example/\nbody: '\"{{ snippets.footer-M }}\"'\n",
  "masked-M.yaml":
    "id: masked-M\nurl: https://a.example/\nheaders: [{ name: Authorization, value: '***' }]\n",
  "config-M.yaml": "snippets:\n  own-M: Hello\nactions:\n  - id: configured-M\n    url: https://a.example/\n",
  "bad-config.yaml": "actions:\n  - id: A B\n",
  "secret.txt": "a value of some length",
} as const;

/** `M` in a command stands for `s`, straight, or `r`, remote; `@file` for a file of the directory. */
async function both(command: string): Promise<{ straight: Ran; remote: Ran }> {
  const once = (mode: "s" | "r") =>
    run(
      command.split(" ").map((word) => word.replace(/([-_])M\b/, `$1${mode}`).replace(/^@/, `${directory}/`)),
      mode === "s" ? straight : remote,
    );
  return { straight: mask(await once("s")), remote: mask(await once("r")) };
}

const SAME_WITHIN_MS = 300_000;
/** What these tell depends on how long ago something happened, and asking again changes nothing. */
const READS = /^(\w|-)+ (show|list)\b|^(status|metrics|top)\b/;

/** Of a command that only reads, what it says once both say the same, if that comes within a while. */
async function bothUntilTheSame(command: string): Promise<{ straight: Ran; remote: Ran }> {
  const deadline = Date.now() + SAME_WITHIN_MS;
  for (;;) {
    const ran = await both(command);
    if (isDeepStrictEqual(ran.straight, ran.remote) || !READS.test(command) || Date.now() > deadline)
      return ran;
  }
}

/** What differs by nature: times, ids that are made, and the names that carry the mode. */
function mask({ code, stdout, stderr }: Ran): Ran {
  return { code, stdout: maskText(stdout), stderr: maskText(stderr) };
}

function maskText(text: string): string {
  return (
    text
      // First, since the digits behind a point may be as many as those of a hash or a time.
      .replace(/("(?:\w+Ms|\w+PerSecond)":)(?:[\d.e-]+|null)/g, "$1NUMBER")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replace(/\b1[6-9]\d{11}\b/g, "MS")
      .replace(/\b[rks][\w-]{7}\.[\w-]{22}/g, "ID")
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
      .replace(/prt_\w{12}_[\w-]{43}/g, "TOKEN")
      .replace(/\b[0-9a-f]{12}\b/g, "HEX")
      .replace(/ +[\d.]+ m?s ago/g, " AGO")
      .replace(/[\d.]+ ms/g, "NUMBER ms")
      // How many a second a run ends, and when that will be, at the end of its line.
      .replace(
        /^(\S+ +(?:running|paused|completed|cancelled) .*) (?:[\d.]+|–)( +(?:TIME|–) *)$/gm,
        "$1 RATE$2",
      )
      .replace(/"date":"[^"]*"/g, '"date":"DATE"')
      .replace(/([-_])[sr]\b/g, "$1M")
  );
}

/** In this order: some see what others have left. */
const COMMANDS = [
  "actions check @hook-M.yaml",
  "actions apply @bad.yaml --json",
  "actions apply @hook-M.yaml --json",
  "actions apply @hook-M.yaml",
  "snippets list",
  "snippets set footer-M @snippet.txt",
  "snippets list --json",
  "snippets show footer-M",
  "snippets show none --json",
  "actions apply @signed-M.yaml --json",
  "actions list --json",
  "actions list",
  "actions show hook-M --json",
  "actions show hook-M@1",
  "actions show none",
  "actions show No!ne",
  "actions preview hook-M --customer @customer.json --event @event.json --json --at 2026-01-01T00:00:00Z",
  "actions preview @signed-M.yaml --customer @customer.json",
  "actions test hook-M --customer @customer.json --event @event.json --json",
  "secrets set CRM_M --file @secret.txt --json",
  "secrets set 1 --file @secret.txt",
  "secrets list --json",
  "secrets list",
  "secrets remove CRM_M",
  "secrets remove CRM_M --json",
  "tokens create crm-M --scope enqueue --action hook-M --expires 2099-01-01T00:00:00Z --json",
  "tokens create crm2-M --scope read",
  "tokens create crm3-M --scope read --expires 2009-01-01T00:00:00Z",
  "tokens list --json",
  "tokens list",
  "tokens revoke none",
  "enqueue hook-M --customers @customers.ndjson --dry-run --json",
  "enqueue hook-M --customers @customers.ndjson --run one-M --hold --event @event.json --values @values.json --label a,b --json",
  "enqueue hook-M --customers @customers.ndjson --run one-M --hold --label a b --event @event.json --values @values.json --json",
  "enqueue hook-M --customers @customers.ndjson --run one-M --hold",
  "enqueue hook-M --customers @some-bad.ndjson --run bad-M --hold --json",
  "enqueue hook-M --customers @empty.ndjson --run empty-M",
  "enqueue none --customers @customers.ndjson",
  "enqueue hook-M --customers @none.ndjson",
  "enqueue signed-M --customers @customers.ndjson --run one-M --json",
  "enqueue hook-M --customers @customers.ndjson --run two-M --lane nobodys --send-at 2099-01-01T00:00:00Z --json",
  "enqueue hook-M --customers @customers.ndjson --run No! --json",
  "enqueue hook-M --customers @customers.ndjson --run late-M --expires-at 2020-01-01T00:00:00Z --send-at 2021-01-01T00:00:00Z --json",
  "runs show one-M",
  "runs show one-M --json",
  "runs show none --json",
  "runs list --limit 2",
  "runs pause one-M --json",
  "runs resume one-M --json",
  "runs close two-M --json",
  "runs wait one-M --timeout 0 --json",
  "customers show c3 --json",
  "customers show none",
  "destinations limit https://api.example.com --rate 5 --concurrency 2 --json",
  "destinations pause https://api.example.com",
  "destinations resume https://api.example.com --json",
  "destinations show nowhere",
  "destinations list",
  "destinations list --json",
  "status",
  "status --json",
  "dead-letters list --json",
  "dead-letters list --limit 3",
  "dead-letters list --reason gone",
  "dead-letters groups --by reason,run --json",
  "dead-letters groups --scan 1",
  "dead-letters replay",
  "dead-letters replay --run dead-M --rate 1000 --json",
  "dead-letters purge none --json",
  "dead-letters purge --run rest-M",
  "tasks show none",
  "outcomes tail --start oldest --once --json",
  "outcomes tail --start oldest --once",
  "outcomes tail --start oldest --once --group g-M --json",
  "outcomes groups --json",
  "outcomes remove-group g-M",
  "outcomes remove-group g-M --json",
  "events tail --start oldest --once --json",
  "events tail --start oldest --once --group e-M",
  "events tail --after nonsense --once",
  "events groups --json",
  "events groups",
  "events remove-group e-M",
  "events remove-group e-M --json",
  "top --once --json",
  "top --once",
  "snippets remove footer-M",
  "deliveries show none",
  "dead-letters list --run No! --json",
  "dead-letters list --reason tiemout",
  "destinations pause https://api.example.com --for 99999d",
  "metrics --by action --name plain,hook-M --since 2026-01-01T00:00:00Z --until 2026-01-01T00:10:00Z",
  "actions apply @masked-M.yaml",
  "deliveries list --run one-M --json",
  "deliveries list --run one-M",
  "deliveries list --run No! --json",
  "deliveries list --state ended --run none-M --json",
  "deliveries cancel --run one-M --dry-run --json",
  "deliveries cancel --run one-M",
  "deliveries cancel --run one-M --yes",
  "deliveries cancel --run two-M --yes --json",
  "deliveries cancel --reason gone --yes --json",
  "deliveries cancel none",
  "deliveries cancel --customer c9 --state ended --yes",
  "deliveries cancel --run No! --dry-run",
  "subscriptions set pager-M --action hook-M --event nonsense --json",
  "subscriptions set pager-M --action none --event run.completed",
  "subscriptions set pager-M --action plain --event run.completed --json",
  "subscriptions set pager-M --action plain --outcome failed --label vip",
  "subscriptions show pager-M --json",
  "subscriptions show none",
  "subscriptions test pager-M --type outcome.failed --json",
  "subscriptions test pager-M --type nonsense",
  "subscriptions remove pager-M",
  "subscriptions remove pager-M --json",
  "subscriptions list --json",
  "actions archive signed-M",
  "actions archive signed-M --json",
  "actions restore signed-M",
  "actions restore signed-M --json",
  "actions restore none",
  "actions archive signed-M@1",
  "actions restore No!ne",
  "audit --on plain --json",
  "audit --on plain",
  "audit --after nonsense",
  "config export",
  "config export --json",
  "config apply @config-M.yaml --dry-run",
  "config apply @config-M.yaml",
  "config apply @config-M.yaml --json",
  "config apply @config-M.yaml --yes",
  "config apply @bad-config.yaml",
  "metrics --since 2026-01-01T00:00:00Z --until 2026-01-01T00:10:00Z --json",
  "metrics --by reason --measure failed,send_p95 --since 15m",
  "metrics --limit 5000",
  "metrics --since 5m --until 2020-01-01T00:00:00Z",
] as const;

test("each command says and ends the same, straight and through the API", async () => {
  const redis = openRedis(system.redisUrl);
  const differing: unknown[] = [];
  for (const command of COMMANDS) {
    if (command.startsWith("dead-letters list --json"))
      for (const name of ["dead-s", "dead-r", "rest-s", "rest-r"])
        await bury(redis, {
          count: 4,
          run: name,
          action: "hook-s@1",
          reason: "timeout",
          from: Date.now() - 60_000,
        });
    const ran = await bothUntilTheSame(command);
    if (!isDeepStrictEqual(ran.straight, ran.remote)) differing.push({ command, ...ran });
  }
  redis.disconnect();

  expect(differing).toEqual([]);
});

test("what a shell completes is the same, straight and through the API", async () => {
  await system.producer.enqueueMany({ action: "plain", customers: [{ id: 1 }], run: "to-complete" });
  // Names come quickly or not at all, which on a busy machine is a matter of luck.
  const one = { action: "plain", run: "to-complete", lane: "bulk", destination: "", group: "" };
  for (const [kind, name] of Object.entries(one))
    await eventually(async () => {
      const ran = await both(`__complete ${kind}`);
      expect(ran.remote, kind).toEqual(ran.straight);
      expect(ran.remote.stdout, kind).toContain(name);
    });
});

test("what no API can do says which variable to unset, and reaches no Redis", async () => {
  for (const command of ["worker", "api", "up", "secrets rotate"]) {
    const { code, stderr } = await run(command.split(" "), remote);
    expect({ code, stderr }, command).toEqual({
      code: 2,
      stderr: expect.stringMatching(/works on Redis itself.*unset POSTRIDER_URL/),
    });
  }
  const elsewhere = `actions test hook-M --to http://a.example --customer ${directory}/customer.json`;
  expect(await run(elsewhere.split(" "), remote)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unset POSTRIDER_URL"),
  });
  // Whoever names a Redis means that one.
  expect(await run(["--redis", system.redisUrl, "runs", "list"], remote)).toMatchObject({ code: 0 });
});

test("a file is sent once by a worker of the API, without being saved", async () => {
  const sent = await run(
    [
      ...["actions", "test", join(directory, "hook-r.yaml"), "--to", "http://request-bin.invalid/tried"],
      ...["--customer", join(directory, "customer.json"), "--json"],
    ],
    remote,
  );
  expect(JSON.parse(sent.stdout)).toMatchObject({ verdict: "delivered", arrived: { path: "/tried" } });
  expect(sent.code).toBe(0);
});

test("trouble on the way says what to change, and never shows the token", async () => {
  const list = (environment: Record<string, string>) => run(["runs", "list", "--json"], environment);
  const url = remote["POSTRIDER_URL"] ?? "";
  const closed = `http://127.0.0.1:${await closedPort()}`;
  const cases: [Record<string, string>, number, RegExp][] = [
    [{ POSTRIDER_URL: url }, 1, /needs a token: set POSTRIDER_TOKEN/],
    [{ POSTRIDER_URL: url, POSTRIDER_TOKEN: "w".repeat(40) }, 1, /holds no token that the API at .* knows/],
    [{ POSTRIDER_URL: url, POSTRIDER_TOKEN: ENQUEUER }, 1, /use one with a wider scope/],
    [
      { POSTRIDER_URL: closed, POSTRIDER_TOKEN: TOKEN },
      1,
      /ECONNREFUSED(?!.*ECONNREFUSED).*check POSTRIDER_URL/,
    ],
    [{ POSTRIDER_URL: `${url}/deep`, POSTRIDER_TOKEN: TOKEN }, 1, /must be where the API begins/],
    [{ POSTRIDER_URL: system.receiver.url, POSTRIDER_TOKEN: TOKEN }, 1, /no Postrider API/],
    [{ POSTRIDER_URL: "http://me:secret-word@host" }, 2, /give the token as POSTRIDER_TOKEN/],
    [{ POSTRIDER_URL: "host:8080" }, 2, /must be a URL such as https:/],
    [
      { POSTRIDER_URL: url, POSTRIDER_TOKEN: "secret-word secret-word" },
      2,
      /POSTRIDER_TOKEN must|POSTRIDER_TOKEN: must/,
    ],
  ];
  for (const [environment, code, message] of cases) {
    const ran = await list(environment);
    expect(ran).toEqual({ code, stdout: "", stderr: expect.stringMatching(message) });
    for (const secret of [TOKEN, ENQUEUER, "secret-word", "w".repeat(40)])
      expect(ran.stderr).not.toContain(secret);
  }
  // Refused before anything is sent.
  const open = await run(["secrets", "rotate"], {
    POSTRIDER_URL: "http://api.example.com",
    POSTRIDER_TOKEN: TOKEN,
  });
  expect(open.stderr.match(/plain http: others on the way can read POSTRIDER_TOKEN/g)).toHaveLength(1);
});

test("an API of another version is named with both versions", async () => {
  await using other = await startReceiver(({ path }) =>
    path === "/openapi.json"
      ? reply(200, { "content-type": "application/json" }, '{"info":{"version":"9.9.9"}}')
      : reply(
          404,
          { "content-type": "application/problem+json" },
          '{"code":"not_found","status":404,"detail":"there is no such path"}',
        ),
  );

  const { code, stderr } = await run(["status"], { POSTRIDER_URL: other.url });

  expect(code).toBe(1);
  expect(stderr).toMatch(/is version 9\.9\.9, and this command line 0\.1\.0: use the same version/);
});

test("a token that may only enqueue is enough for that", async () => {
  const { code, stdout, stderr } = await run(
    `enqueue plain --customers ${directory}/customers.ndjson --run narrow --hold --json`.split(" "),
    { ...remote, POSTRIDER_TOKEN: ENQUEUER },
  );

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ run: "narrow", enqueued: 3, duplicates: 0, rejected: 0 });
});

test("Ctrl-C leaves a run that goes on, bad lines are put aside, and a run is waited for", async () => {
  await using stopped = startPostrider(
    `enqueue plain --customers - --run stopped --skip-invalid ${directory}/stopped.rejected`.split(" "),
    remote,
  );
  stopped.write('{"id":"s1"}\nno JSON\n{"id":"s2"}\n');
  await eventually(async () =>
    expect(await system.producer.runs.get("stopped")).toMatchObject({ enqueued: 2 }),
  );
  stopped.kill("SIGINT");

  expect(await stopped.exited).toEqual({ code: 130, signal: null });
  expect(stopped.stderr).toMatch(/this goes on where it stopped .*--run stopped/);
  expect(await system.producer.runs.get("stopped")).toMatchObject({ enqueued: 2, closedAt: null });
  const again = await run(
    `enqueue plain --customers ${directory}/mended.ndjson --run stopped --wait --json`.split(" "),
    remote,
  );
  expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({
    code: 0,
    enqueued: 1,
    duplicates: 2,
  });
});

test("Ctrl-C stops the task that a replay has begun; and outcomes are followed until then", async () => {
  const redis = openRedis(system.redisUrl);
  await bury(redis, { count: 500, run: "slow", action: "plain@1", reason: "gone" });
  redis.disconnect();
  await using tail = startPostrider(["outcomes", "tail", "--json"], remote);
  await using replay = startPostrider(["dead-letters", "replay", "--run", "slow", "--rate", "20"], remote);
  await tail.waitForOutput(/"run":"slow"/);

  replay.kill("SIGINT");

  expect(await replay.exited).toEqual({ code: 130, signal: null });
  expect(replay.stderr).toMatch(/stopped; the rest are dead letters still/);
  const { tasks } = JSON.parse((await run(["tasks", "list", "--limit", "1", "--json"], remote)).stdout);
  expect(tasks).toMatchObject([{ do: "replay", filter: { run: "slow" }, state: "stopped" }]);
  tail.kill("SIGINT");
  expect(await tail.exited).toEqual({ code: 130, signal: null });
});
