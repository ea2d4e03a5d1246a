// The configuration as one document: exported, compared, applied, pruned; by the API and the command line.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { newKey } from "../support/secret-keys.ts";

const PLANTED = "planted-credential";
const ORIGIN = "https://api.example.com";

let api: RunningApi;
let environment: Record<string, string>;
let directory: string;
beforeAll(async () => {
  const secretKeys = newKey("k1");
  api = await startApi({ POSTRIDER_SECRET_KEYS: secretKeys });
  environment = { POSTRIDER_REDIS_URL: api.redisUrl, POSTRIDER_SECRET_KEYS: secretKeys };
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const { actions, snippets, secrets, destinations, subscriptions } = api.producer;
  await snippets.set("footer", "Bye, {{ customer.name }}");
  await snippets.set("unused", "two\nlines: #no comment\n");
  await secrets.set("CRM", PLANTED);
  await actions.apply({
    id: "plain",
    url: `${ORIGIN}/{{ customer.id }}`,
    body: '{"text": "{{ snippets.footer }}"}',
  });
  await actions.apply({
    id: "full",
    method: "PUT",
    url: `https://user:${PLANTED}@api.example.com/x`,
    headers: [{ name: "X-Token", value: "{{ secrets.CRM }}" }],
    form: [{ name: "a", value: "{{ snippets.own }}" }],
    snippets: { own: "only here" },
    secrets: ["CRM"],
    retry: { attempts: 3, baseMs: 100, factor: 2, maxMs: 1_000 },
    success: { json: "/ok", is: true },
    capture: { orderId: "/id" },
    limits: { ratePerSecond: 5 },
    examples: [{ name: "one", customer: { id: 1 }, request: { method: "PUT" } }],
  });
  await actions.apply({ id: "gone", url: ORIGIN });
  const examples = [{ customer: { id: 9007199254740993n }, request: { method: "POST" } }];
  await actions.apply({ id: "exact", url: ORIGIN, examples });
  await actions.archive("gone");
  await destinations.limit(ORIGIN, { ratePerSecond: 50, concurrency: 5 });
  await subscriptions.set("ops", { action: "exact", events: ["run.completed"], outcomes: {} });
  await destinations.limit("https://for-now.example", { ratePerSecond: 1 }, { forMs: 3_600_000 });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const put = (body: unknown, query = "", headers: Record<string, string> = {}) =>
  api.request("PUT", `/v1/config${query}`, { body, headers });

/** `+ kind name` for each change. */
function told(changes: readonly { kind: string; name: string; change: string }[]): string[] {
  return changes.map(({ kind, name, change }) => `${change} ${kind} ${name}`);
}

test("what is exported says all but secrets, and applied again it changes nothing", async () => {
  const exported = await api.request("GET", "/v1/config");
  expect(exported.json.actions.map(({ id }: { id: string }) => id)).toEqual(["exact", "full", "plain"]);
  expect(exported.json.snippets).toEqual({
    footer: "Bye, {{ customer.name }}",
    unused: "two\nlines: #no comment\n",
  });
  expect(exported.json.destinations).toEqual({ [ORIGIN]: { ratePerSecond: 50, concurrency: 5 } });
  expect(exported.json.subscriptions).toEqual({
    ops: { action: "exact", events: ["run.completed"], outcomes: {} },
  });
  expect(exported.text).not.toContain(PLANTED);
  expect((await api.request("GET", "/v1/config")).text).toBe(exported.text);

  // As text: its integers are exact.
  const again = await put(exported.text, "?prune=true");
  expect([again.status, again.json]).toMatchObject([200, { dryRun: false, changes: [] }]);
  expect(again.headers.get("etag")).toBe(exported.headers.get("etag"));

  for (const name of ["config.yaml", "config.json"]) {
    const path = join(directory, name);
    expect((await run(["config", "export", path], environment)).code).toBe(0);
    expect(await readFile(path, "utf8")).toContain("9007199254740993");
    const applied = await run(["config", "apply", path, "--prune", "--yes"], environment);
    expect(applied).toMatchObject({ code: 0, stdout: "nothing to change\n", stderr: "" });
  }
});

test("a changed document is compared, applied in one go, and the rest pruned on request alone", async () => {
  const { json: config, headers } = await api.request("GET", "/v1/config");
  const etag = headers.get("etag") ?? "";
  const [, full, plain] = config.actions;
  const changed = {
    actions: [
      { ...plain, timeoutMs: 5_000 },
      { id: "new", url: `${ORIGIN}/new` },
      { id: "gone", url: ORIGIN },
    ],
    snippets: { footer: "Ciao, {{ customer.name }}" },
    destinations: { "https://other.example": { concurrency: 1 } },
    subscriptions: { pager: { action: "new", events: ["run.paused"] } },
  };
  const expected = [
    "changed snippet footer",
    "changed action plain",
    "added action new",
    "added action gone",
    "added destination https://other.example",
    "added subscription pager",
  ];
  const planned = await put(changed, "?dryRun=true");
  expect(told(planned.json.changes)).toEqual(expected);
  expect(planned.json.changes[1].changes).toEqual([
    { pointer: "/timeoutMs", from: 16_000, to: 5_000 },
    { pointer: "/snippets/footer", from: "Bye, {{ customer.name }}", to: "Ciao, {{ customer.name }}" },
  ]);
  expect((await api.request("GET", "/v1/config")).headers.get("etag")).toBe(etag);

  const applied = await put(changed, "", { "if-match": etag });
  expect(told(applied.json.changes)).toEqual(expected);
  expect((await put(changed)).json.changes).toEqual([]);
  expect((await api.producer.actions.get("plain")).action.snippets).toEqual(changed.snippets);
  expectProblem(await put(changed, "", { "if-match": etag }), "precondition_failed");

  const pruned = await put(changed, "?prune=true");
  expect(told(pruned.json.changes)).toEqual([
    "removed subscription ops",
    "removed action exact",
    "removed action full",
    "removed snippet unused",
    `removed destination ${ORIGIN}`,
  ]);
  // Of a section that is left out nothing goes, and a limit for a time is nobody's configuration.
  expect((await put({}, "?prune=true")).json.changes).toEqual([]);
  expect((await api.producer.destinations.show("https://for-now.example")).limits).toEqual({
    ratePerSecond: 1,
  });
  const { audit } = await api.producer.audit.list({ on: "all", limit: 1 });
  expect(audit).toMatchObject([{ what: "config.applied", by: "anybody", via: "api" }]);

  // Back with the mask of the credential that it has; nothing is saved for that.
  expect(told((await put({ actions: [full] })).json.changes)).toEqual(["added action full"]);
  expect((await api.producer.actions.open("full")).action.url).toContain(PLANTED);
  expect((await api.producer.actions.get("full")).version).toBe(1);
});

test("where anything is invalid nothing is applied, and everything is told with its place", async () => {
  const { json: config, headers } = await api.request("GET", "/v1/config");
  const full = config.actions.find(({ id }: { id: string }) => id === "full");
  const answered = await put({
    version: 1,
    actions: [
      { id: "good", url: ORIGIN },
      { id: "bad", url: ORIGIN, body: "{% if %}" },
      { id: "good", url: ORIGIN },
      // Would be sent there with a credential that its author cannot see.
      { ...full, url: full.url.replace("api.example.com", "elsewhere.example") },
      { id: "missing", url: ORIGIN, body: "{{ snippets.nothing }}" },
      7,
    ],
    snippets: { good: "x", broken: "{% if %}" },
    destinations: { [`${ORIGIN}/path`]: { concurrency: 1 } },
  });

  expectProblem(answered, "config_invalid");
  expect(answered.json.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
    expect.arrayContaining([
      "/actions/1/body",
      "/actions/2/id",
      "/actions/3/url",
      "/actions/4/body",
      "/actions/5",
      "/snippets/broken",
      `/destinations/${ORIGIN.replaceAll("/", "~1")}~1path`,
    ]),
  );
  expect((await api.request("GET", "/v1/config")).headers.get("etag")).toBe(headers.get("etag"));
  const wrong = await put({
    snipets: {},
    version: 2,
    actions: [{ id: "A B", url: 5 }],
    snippets: { number: 5 },
    destinations: { [ORIGIN]: { rate: 1 }, "https://b.example": { concurrency: 0 } },
    subscriptions: {
      pager: { action: "nobody", events: ["run.compleated"] },
      ops: { action: "nobody", outcomes: {} },
      odd: 5,
      // Composed of a customer, whom no event has.
      plain: { action: "plain", outcomes: {} },
    },
  });
  expectProblem(wrong, "config_invalid");
  const problems: { pointer: string; message: string }[] = wrong.json.problems;
  expect(problems.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
    "/snipets is no field of a configuration; did you mean snippets?",
    "/version must be 1",
    expect.stringMatching(/^\/actions\/0\/id /),
    "/actions/0/url must be a text",
    "/snippets/number must be a text",
    "/destinations/https:~1~1api.example.com/rate is no limit; there are ratePerSecond and concurrency",
    "/destinations/https:~1~1b.example/concurrency must be a whole number from 1 to 10000",
    "/subscriptions/pager/events/0 is no event; did you mean run.completed?",
    "/subscriptions/odd must be an object",
    "/subscriptions/ops/action no action is called nobody, here or in the store",
    expect.stringMatching(/^\/subscriptions\/plain\/action cannot be composed of outcome\.delivered/),
  ]);
  for (const document of ["all of it", { actions: {} }, { snippets: [] }, { subscriptions: 5 }])
    expect((await put(JSON.stringify(document))).json.problems).toEqual([
      { pointer: expect.any(String), message: expect.stringMatching(/^must be /) },
    ]);
});

test("what is changed by others meanwhile is not overwritten: it stops there, says where, and goes on", async () => {
  const { actions, config } = api.producer;
  const ids = Array.from({ length: 100 }, (_, index) => `part-${String(index).padStart(2, "0")}`);
  const document = { actions: ids.map((id) => ({ id, url: ORIGIN })) };
  const applying = expect(config.apply(document)).rejects.toMatchObject({
    code: "precondition_failed",
    message: expect.stringMatching(/^stopped at the action part-99, after 99 of 100 changes; the same /),
  });
  await eventually(() => actions.get("part-00"));
  await actions.apply({ id: "part-99", url: "https://other.example" });
  await applying;

  expect(told((await config.apply(document)).changes)).toEqual(["changed action part-99"]);
});

test("the command line shows what changes, asks before, and tells drift by its exit code", async () => {
  const path = join(directory, "changes.yaml");
  await writeFile(
    path,
    "snippets:\n  footer: Tschüss\nactions:\n- id: new\n  url: https://changed.example/\n",
  );
  const planned = await run(["config", "apply", path, "--dry-run"], environment);
  expect(planned.code).toBe(1);
  expect(planned.stdout).toBe(
    '~ snippet footer\n    text  "Ciao, {{ customer.name }}" → "Tschüss"\n~ action new\n    /url  "https://api.example.com/new" → "https://changed.example/"\n',
  );
  const unasked = await run(["config", "apply", path], environment);
  expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining("add --yes")]);
  const applied = await run(["config", "apply", path, "--yes"], environment);
  expect([applied.code, applied.stdout]).toEqual([0, expect.stringMatching(/2 changes applied\n$/)]);
  await writeFile(path, "snippets: { footer: Tschau }\n");
  const one = await run(["config", "apply", path, "--yes"], environment);
  expect([one.code, one.stdout]).toEqual([0, expect.stringMatching(/\n1 change applied\n$/)]);
  expect((await run(["config", "apply", path, "--dry-run"], environment)).code).toBe(0);
  const printed = await run(["config", "export"], environment);
  expect(printed.stdout).toMatch(/footer: Tschau/);

  await writeFile(path, "actions:\n- id: new\n  url: [\n");
  expect(await run(["config", "apply", path, "--yes"], environment)).toMatchObject({ code: 1 });
  await writeFile(path, "actions: []\n---\nactions: []\n");
  const two = await run(["config", "apply", path, "--yes"], environment);
  expect([two.code, two.stderr]).toEqual([1, expect.stringContaining("holds 2 documents")]);
});
