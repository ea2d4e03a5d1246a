import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer } from "@postrider/producer/producer";
import { USER_AGENT } from "@postrider/shared/version";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

let directory: string;
let redisUrl: string;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  redisUrl = await isolatedRedisUrl();
  environment = { POSTRIDER_REDIS_URL: redisUrl };
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

const ACTION = `id: welcome
url: https://api.example.com/people/{{ customer.id }}
headers: [{name: Authorization, value: Bearer s3cret}]
body: |
  {"email": "{{ customer.email }}", "plan": {{ trigger.plan }}, "id": "{{ delivery_id }}",
   "at": "{{ 'now' | date: '%Y' }}"}
`;

describe("preview", () => {
  test("tells programs exactly what would be sent, and what the author should know", async () => {
    const action = await file("preview.yaml", ACTION);
    const customer = await file("ann.json", '{"id": "a/b", "email": "x\\"y", "spare": 1}');
    const values = await file("values.json", '{"trigger": {"plan": "gold"}}');
    const args = ["actions", "preview", action, "--customer", customer, "--values", values, "--json"];

    const shown = JSON.parse((await run([...args, "--at", "2031-01-02T00:00:00Z"])).stdout);

    const body = '{"email": "x\\"y", "plan": "gold", "id": "unsent",\n "at": "2031"}\n';
    expect(shown).toEqual({
      method: "POST",
      url: "https://api.example.com/people/a%2Fb",
      headers: [
        { name: "Content-Type", value: "application/json" },
        { name: "User-Agent", value: USER_AGENT },
        { name: "Authorization", value: "***" },
        { name: "Idempotency-Key", value: "unsent" },
      ],
      body,
      problems: [],
      warnings: [],
      outputs: [
        { field: "url", line: 1, column: 32, expression: "{{ customer.id }}", place: "url" },
        { field: "body", line: 1, column: 12, expression: "{{ customer.email }}", place: "json-string" },
        { field: "body", line: 1, column: 43, expression: "{{ trigger.plan }}", place: "json-value" },
        { field: "body", line: 1, column: 70, expression: "{{ delivery_id }}", place: "json-string" },
        { field: "body", line: 2, column: 9, expression: "{{ 'now' | date: '%Y' }}", place: "json-string" },
      ],
      unused: ["customer.spare"],
      missing: [],
      bytes: { headers: 77 + `User-Agent: ${USER_AGENT}\r\n`.length, body: body.length },
    });
  });

  test("takes no time without its zone, which would be this machine's", async () => {
    const customer = await file("ann.json", '{"id": 1}');
    const args = ["actions", "preview", await file("p.yaml", ACTION), "--customer", customer];
    const shown = await run([...args, "--at", "2031-01-02 00:00"]);
    expect(shown).toMatchObject({ code: 2, stderr: expect.stringContaining("2026-12-01T09:00:00Z") });
  });

  test("marks a problem in its line, names the value at fault, and exits 1", async () => {
    const customer = await file("ann.json", '{"id": 1, "email": "x\\"y"}');
    const missing = await run(["actions", "preview", await file("p.yaml", ACTION), "--customer", customer]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("body (line 1, column 46): trigger is missing");
    expect(missing.stderr).toMatch(
      /1 │ \{"email": "\{\{ customer\.email \}\}", "plan": \{\{ trigger\.plan \}\}.*\n +\^/,
    );

    const plain = await file(
      "plain.yaml",
      `id: p\nurl: https://h/\nescaping: none\nbody: '{"e": "{{ customer.email }}"}'\n`,
    );
    const broken = await run(["actions", "preview", plain, "--customer", customer]);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain(
      "the last value before it is {{ customer.email }} (line 1, column 8 of the template)",
    );
    expect(broken.stderr).toMatch(/1 │ \{"e": "x"y"\}\n +\^/);
    expect(broken.stderr).toContain("warning:");
  });
});

test("apply tells every problem of every file at once, and saves nothing", async () => {
  const bad = await file(
    "bad.yaml",
    `id: Bad\nmethod: SEND\nurl: "https://h/{{ customer.a | upcas }}"\n---\nid: ok\nurl: https://h/\nbody: "{% iff %}"\n---\nid: [\n`,
  );
  const good = await file("good.yaml", "- {id: g, url: https://h/}\n- {id: g, url: https://h/}\n");

  const applied = await run(["actions", "apply", bad, good], environment);

  expect(applied.code).toBe(1);
  for (const message of [
    "bad.yaml #1: id: must be",
    'bad.yaml #1: method: must be "GET" or "POST"',
    "bad.yaml #1: url (line 1, column 11): there is no filter upcas; did you mean upcase?",
    "bad.yaml #2: body (line 1, column 1): there is no tag iff; did you mean if?",
    "bad.yaml (line 10, column 1):",
    "good.yaml #2: id: g stands in",
  ])
    expect(applied.stderr).toContain(message);
  expect(JSON.parse((await run(["actions", "list", "--json"], environment)).stdout)).toEqual({
    actions: [],
  });
});

describe("check", () => {
  const examples = (plan: string) => `id: checked
url: https://h/{{ customer.id }}
body: '{"plan": "{{ trigger.plan }}", "big": {{ customer.big }}, "lines": "{{ snippets.sign }}"}'
examples:
  - name: gold
    customer: {id: 1, big: 12345678901234567890}
    values: {trigger: {plan: gold}}
    request: {method: POST, url: https://h/1, body: {plan: ${plan}, big: 12345678901234567890, lines: bye}}
  - customer: {id: 2, big: 1}
    fails: value_missing
---
id: leaves
url: https://h/
body: '{% cancel "no" %}'
examples:
  - {customer: {id: 1}, cancelled: "no"}
`;

  test("passes examples, and shows how others differ; without a Redis", async () => {
    const snippets = await file("snippets.json", '{"sign": "bye"}');
    const good = await run([
      "actions",
      "check",
      await file("c.yaml", examples("gold")),
      "--snippets",
      snippets,
    ]);
    expect(good.stdout).toContain("2 actions, 3 examples, 0 failed");
    expect(good.code).toBe(0);

    const path = await file("d.yaml", examples("silver"));
    const bad = await run(["actions", "check", path, "--snippets", snippets]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/✗ checked: gold\n {4}body\.plan\n {6}- "silver"\n {6}\+ "gold"\n/);
    const json = await run(["actions", "check", path, "--snippets", snippets, "--json"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      examples: 3,
      failed: 1,
      actions: [
        {
          action: "checked",
          examples: [
            { name: "gold", differences: [{ what: "body.plan", expected: "silver", actual: "gold" }] },
            { differences: [] },
          ],
        },
        { action: "leaves" },
      ],
    });
  });

  test("an example that says nothing, or no customer, is refused with its place", async () => {
    const path = await file(
      "e.yaml",
      "id: e\nurl: https://h/\nexamples:\n  - customer: {id: 1}\n  - customer: {}\n    fails: template\n",
    );
    const result = await run(["actions", "check", path]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/examples\[0\]: must say one of request, cancelled and fails/);
    expect(result.stderr).toMatch(/examples\[1\]\.customer\.id/);
  });
});

test("snippets: set, list, show, remove; an action carries its own, and a change makes a version when it is applied", async () => {
  const action = await file(
    "s.yaml",
    'id: s\nurl: https://h/\nbody: \'{"x": "{{ snippets.sign }}"}\'\nexamples: [{customer: {id: 1}, request: {}}]\n',
  );
  const refused = await run(["actions", "apply", action], environment);
  expect(refused.stderr).toContain('body (line 1, column 11): there is no snippet "sign"');

  const set = (text: string) => run(["snippets", "set", "sign", "-"], environment, text);
  expect((await set("Yours, {{ customer.")).stderr).toMatch(/snippets\["sign"\].*not closed/);
  expect((await set("Yours, {{ snippets.who }}")).code).toBe(0);
  await run(["snippets", "set", "who", await file("who.txt", "{{ customer.id }}")], environment);
  const list = JSON.parse((await run(["snippets", "list", "--json"], environment)).stdout);
  expect(list.snippets.map(({ name }: { name: string }) => name)).toEqual(["sign", "who"]);
  expect((await run(["snippets", "show", "who"], environment)).stdout).toBe("{{ customer.id }}\n");

  const apply = async () => (await run(["actions", "apply", action], environment)).stdout;
  expect(await apply()).toBe("s@1 saved\n");
  expect(await apply()).toBe("s@1 unchanged\n");
  await set("Bye, {{ snippets.who }}");
  expect((await run(["snippets", "remove", "who"], environment)).code).toBe(0);
  expect((await run(["snippets", "remove", "who"], environment)).code).toBe(1);

  const customer = await file("c.json", '{"id": "a\\"b"}');
  const saved = await run(["actions", "preview", "s@1", "--customer", customer, "--json"], environment);
  expect(JSON.parse(saved.stdout).body).toBe('{"x": "Yours, a\\"b"}');
  await run(["snippets", "set", "who", "-"], environment, "you");
  expect(await apply()).toBe("s@2 saved\n");

  // Examples are kept beside the versions, and make none.
  await file(
    "s.yaml",
    'id: s\nurl: https://h/\nbody: \'{"x": "{{ snippets.sign }}"}\'\nexamples: [{customer: {id: 2}, request: {}}]\n',
  );
  expect(await apply()).toBe("s@2 unchanged\n");
  const producer = await createProducer({ redis: redisUrl });
  expect(await producer.actions.examples("s")).toMatchObject([{ customer: { id: 2 } }]);
  expect((await producer.actions.get("s")).action).not.toHaveProperty("examples");
  await producer.close();
});

test("a test send shows the reply's headers and each phase's time, and no control character of the receiver's", async () => {
  await using receiver = await startReceiver(() => reply(200, { "x-who": "me" }, "\u001b[2Jgone"));
  const action = await file("t.yaml", `id: t\nurl: ${receiver.url}/\nbody: '{"d": "{{ delivery_id }}"}'\n`);
  const customer = await file("c.json", '{"id": 1}');

  const shown = await run(["actions", "test", action, "--customer", customer]);

  expect(shown.stdout).toContain("x-who: me");
  expect(shown.stdout).toContain("\\u001b[2Jgone");
  expect(shown.stdout).toMatch(
    /compose [\d.]+ ms {3}DNS \S+.* {3}connect \S+.* {3}TLS – {3}first byte [\d.]+ ms {3}total [\d.]+ ms/,
  );
  const [request] = receiver.requests;
  expect(JSON.parse(request?.body ?? "")).toEqual({ d: request?.key });
  const json = JSON.parse((await run(["actions", "test", action, "--customer", customer, "--json"])).stdout);
  expect(json.reply).toMatchObject({ status: 200, headers: { "x-who": "me" } });
  expect(json.retryInMs).toBeNull();
  expect(Object.keys(json.timings)).toEqual([
    "composeMs",
    "dnsMs",
    "connectMs",
    "tlsMs",
    "firstByteMs",
    "totalMs",
  ]);
});

test("an event and other values reach every delivery of a run", async () => {
  const path = await file(
    "v.yaml",
    'id: v\nurl: https://h/\nbody: \'{"e": "{{ event.a }}", "t": "{{ trigger.b }}"}\'\n',
  );
  const customers = await file("customers.ndjson", '{"id":1}\n{"id":2}\n');
  const event = await file("event.json", '{"a": 1}');
  const values = await file("v.json", '{"trigger": {"b": 2}}');
  const args = ["enqueue", path, "--customers", customers, "--dry-run", "--json"];

  const without = JSON.parse((await run(args)).stdout);
  expect(without).toMatchObject({ composed: 0, failed: 2 });
  const all = JSON.parse((await run([...args, "--event", event, "--values", values])).stdout);
  expect(all).toMatchObject({ composed: 2, failed: 0 });
});
