// No credential appears in any output: planted wherever one can stand, sent back by the receiver in every
// form, and looked for in all that the product writes and says.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run as runCommand } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { type Behaviour, type ReceivedRequest, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { dumpRedis } from "../support/redis-dump.ts";
import { newKey } from "../support/secret-keys.ts";

/** Each is unlike any other text, and has characters that encodings change. */
const PLANTED = {
  urlPassword: "pl4nted/url+pass",
  storedUrlPassword: 'pl4nted:user"info',
  header: "pl4nted=stored héader",
  body: 'pl4nted "body" <secret>',
  apiKey: "pl4nted-api-key-written-in",
  bearer: "pl4nted.bearer.token",
  signing: `whsec_${Buffer.from("pl4nted signing key, 24 bytes+").toString("base64")}`,
  client: "pl4nted&client secret",
  token: "pl4nted-access-token~1",
  cancelled: "pl4nted-cancel",
} as const;

const BASIC_AUTH = Buffer.from(`user:${PLANTED.urlPassword}`).toString("base64");

/** What the receiver knows of credentials, sent back as careless servers do. */
function echo({ path, headers, body }: ReceivedRequest): Behaviour {
  if (path === "/token")
    return reply(
      200,
      {},
      JSON.stringify({ access_token: PLANTED.token, token_type: "bearer", expires_in: 60 }),
    );
  const credentials = headers["authorization"] ?? "";
  const decoded = Buffer.from(credentials.replace(/^Basic /, ""), "base64").toString("utf8");
  const headerText = headers["x-secret"] ?? "";
  const seen = Buffer.from(headerText, "latin1").toString("utf8");
  const reencoded = [decoded, seen, body].flatMap((text) => [
    encodeURIComponent(encodeURIComponent(text)),
    Buffer.from(text).toString("hex").toUpperCase(),
    ...["", "x", "xy"].map((before) => Buffer.from(`${before}${text}z`).toString("base64")),
  ]);
  return reply(
    401,
    {
      "x-echo": credentials.replace(/[^\x20-\x7e]/g, "?"),
      "www-authenticate": `Basic realm="${encodeURIComponent(decoded)}"`,
    },
    [
      JSON.stringify({ headers, body }),
      decoded,
      headerText,
      seen,
      encodeURIComponent(seen),
      body,
      ...reencoded,
    ].join("\n"),
  );
}

function actions(url: string): Record<string, object> {
  const common = { retry: { attempts: 1 }, timeoutMs: 60_000 };
  const at = `${url}/x`;
  return {
    "in-url": {
      ...common,
      url: at.replace("//", `//user:${encodeURIComponent(PLANTED.urlPassword)}@`),
      body: "{}",
    },
    "stored-in-url": { ...common, url: at.replace("//", "//user:{{ secrets.URL }}@"), secrets: ["URL"] },
    "in-header": {
      ...common,
      url: at,
      secrets: ["HEADER", "BODY"],
      secretsInBody: true,
      headers: [
        { name: "X-Secret", value: "{{ secrets.HEADER }}" },
        { name: "X-Digest", value: "{{ secrets.HEADER | base64_encode }}" },
        { name: "X-Api-Key", value: PLANTED.apiKey },
        { name: "X-Access-Token", value: `Basic {{ "${PLANTED.apiKey}" | base64 }}` },
      ],
      body: '{"in": "{{ secrets.BODY }}"}',
      examples: [{ customer: { id: 1 }, request: { body: { in: "another" } } }],
    },
    "in-snippet": {
      ...common,
      url: at,
      secrets: ["HEADER", "BODY"],
      secretsInBody: true,
      snippets: { digest: "{{ secrets.HEADER | base64_encode }}", in: "{{ secrets.BODY }}" },
      headers: [{ name: "X-Digest", value: "{{ snippets.digest }}" }],
      body: '{"in": "{{ snippets.in }}"}',
    },
    bearer: {
      ...common,
      url: at,
      body: "{{ customer }}",
      auth: { bearer: { token: PLANTED.bearer } },
      signing: { scheme: "standard-webhooks", secrets: ["{{ secrets.SIGNING }}", PLANTED.signing] },
      secrets: ["SIGNING"],
    },
    oauth: {
      ...common,
      url: at,
      secrets: ["CLIENT"],
      auth: { oauth2: { tokenUrl: `${url}/token`, clientId: "c", clientSecret: "{{ secrets.CLIENT }}" } },
    },
    cancelling: {
      ...common,
      url: at,
      secrets: ["CANCELLED"],
      headers: [{ name: "X", value: "{% cancel secrets.CANCELLED %}" }],
    },
  };
}

const STORED = {
  URL: PLANTED.storedUrlPassword,
  HEADER: PLANTED.header,
  BODY: PLANTED.body,
  SIGNING: PLANTED.signing,
  CLIENT: PLANTED.client,
  CANCELLED: PLANTED.cancelled,
};

/** The forms that nobody may find. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const encodings = [
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    // Wherever it stands in a longer text: what is not shared with its neighbours.
    ...["", "x", "xy"].map((before) =>
      Buffer.from(before + value)
        .toString("base64")
        .slice(4, -4),
    ),
  ];
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(value),
    encodeURIComponent(encodeURIComponent(value)),
    ...encodings,
  ];
}

function findLeaks(outputs: Record<string, string>): string[] {
  const forms = [...Object.entries(PLANTED), ["basic auth", BASIC_AUTH] as const].flatMap(([name, value]) =>
    formsOf(value).map((form) => [name, form] as const),
  );
  return Object.entries(outputs).flatMap(([output, text]) =>
    forms.flatMap(([name, form]) =>
      text.includes(form)
        ? [
            `${name} in ${output}: ${text.slice(Math.max(0, text.indexOf(form) - 60), text.indexOf(form) + 60)}`,
          ]
        : [],
    ),
  );
}

/** Commands that show something of an action, or of what became of it. */
function toLooks(id: string, file: string, customer: string): string[][] {
  return [
    ["actions", "show", id],
    ["actions", "preview", id, "--customer", customer],
    ["actions", "preview", file, "--customer", customer],
    ["actions", "check", file],
    ["actions", "test", id, "--customer", customer],
    ["enqueue", file, "--dry-run", "--customers", customer],
    ["runs", "show", id],
  ];
}

test("planted credentials are in no output and lie sealed in Redis", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-leaks-"));
  await using receiver = await startReceiver(echo);
  const redisUrl = await isolatedRedisUrl();
  const key = newKey("k1");
  const environment = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LOG_LEVEL: "debug",
    POSTRIDER_SECRET_KEYS: key,
  };
  const outputs: Record<string, string> = {};
  const run = async (args: string[], input = "", name = args.join(" "), changes = {}) => {
    const { stdout, stderr } = await runCommand(args, { ...environment, ...changes }, input);
    outputs[name] = `${stdout}\n${stderr}`;
    return stdout;
  };

  for (const [name, value] of Object.entries(STORED)) await run(["secrets", "set", name], `${value}\n`);
  await writeFile(join(directory, "customer.json"), '{"id": 1}');
  const documents = actions(receiver.url);
  for (const [id, document] of Object.entries(documents))
    await writeFile(join(directory, `${id}.json`), JSON.stringify({ id, ...document }));
  await run(["actions", "apply", ...Object.keys(documents).map((id) => join(directory, `${id}.json`))]);

  await using worker = startPostrider(["worker"], environment);
  const [, port = ""] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  for (const id of Object.keys(documents))
    await run(["enqueue", id, "--customers", join(directory, "customer.json"), "--run", id]);
  await eventually(async () => {
    const { lanes } = JSON.parse(await run(["status", "--json"])) as { lanes: Record<string, number>[] };
    expect(lanes.find(({ lane }) => String(lane) === "bulk")).toMatchObject({
      waiting: 0,
      delayed: 0,
      inFlight: 0,
      deadLetters: Object.keys(documents).length - 1,
    });
  });

  const customer = join(directory, "customer.json");
  const looks = Object.keys(documents).flatMap((id) => toLooks(id, join(directory, `${id}.json`), customer));
  for (const args of looks) for (const json of [[], ["--json"]]) await run([...args, ...json]);
  const list = JSON.parse(await run(["dead-letters", "list", "--json"])) as { deadLetters: { id: string }[] };
  for (const { id } of list.deadLetters)
    for (const args of [
      ["dead-letters", "show", id],
      ["dead-letters", "show", id, "--json"],
      ["deliveries", "show", id],
      ["deliveries", "show", id, "--json"],
    ])
      await run(args);
  await run(["secrets", "list", "--json"]);
  await run(["secrets", "set", "TWICE", PLANTED.header], "", "a value as an argument");
  await run(["secrets", "set", "TOO_SHORT"], PLANTED.header.slice(0, 3), "a value that is too short");
  await writeFile(join(directory, "broken.yaml"), `id: a\nurl: https://u:${PLANTED.urlPassword}@h: [x\n`);
  await run(["actions", "apply", join(directory, "broken.yaml")], "", "a broken action");
  const unclosed = {
    id: "a",
    url: "https://h/",
    headers: [{ name: "Cookie", value: `{{ "${PLANTED.apiKey}` }],
  };
  await writeFile(join(directory, "unclosed.json"), JSON.stringify(unclosed));
  await run(["actions", "apply", join(directory, "unclosed.json")], "", "an unclosed output");
  await run(["status"], "", "wrong keys", { POSTRIDER_SECRET_KEYS: `${PLANTED.bearer}:x` });
  outputs["metrics"] = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  worker.kill("SIGTERM");
  await worker.exited;
  outputs["worker"] = worker.stdout + worker.stderr;
  outputs["Redis"] = await dumpRedis(redisUrl);
  await rm(directory, { recursive: true });

  expect(findLeaks(outputs)).toEqual([]);
  for (const [name, text] of Object.entries(outputs)) expect(text, name).not.toContain(key.slice(3));
  // The credentials did go out, the answers did come back, and the outputs are what they should be.
  const sent = JSON.stringify(receiver.requests.map(({ headers, body }) => [headers, body]));
  for (const value of [BASIC_AUTH, PLANTED.bearer, PLANTED.token, PLANTED.apiKey])
    expect(sent).toContain(value);
  expect(JSON.stringify(sent)).toContain("webhook-signature");
  expect(outputs["a broken action"]).toMatch(/broken\.yaml \(line 2, column \d+\): /);
  expect(outputs["an unclosed output"]).toContain('output "***" not closed');
  expect(outputs["actions show stored-in-url"]).toContain("{{ secrets.URL }}");
  const shown = Object.entries(outputs).filter(([name]) => name.startsWith("dead-letters show"));
  expect(shown.length).toBe(2 * (Object.keys(documents).length - 1));
  for (const [name, text] of shown) expect(text, name).toContain("***");
  expect(outputs["worker"]).toContain('"reason":"reply_4xx"');
});
