// The runbook has an entry with all its parts for each alert, reason and error code, and none for anything
// else; and its commands work as they stand.

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer } from "@postrider/producer/producer";
import { ERROR_CODES } from "@postrider/shared/error-codes";
import { REASON_NAMES } from "@postrider/shared/outcome";
import { expect, test } from "vitest";
import { ALERTS, RUNBOOK_URL, toRulesFile } from "../../deploy/monitoring/rules/all.ts";
import { startRedisServer } from "../../packages/cli/src/redis/redis-server.ts";
import { startApi } from "../support/api.ts";
import { run as runCommand } from "../support/command-line.ts";
import { bury } from "../support/dead-letters.ts";
import { openRedis } from "../support/open-redis.ts";
import { startProcess } from "../support/processes.ts";
import { redisBinary } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, startSystem } from "../support/system.ts";
import { commandsOf, PARTS, RUNBOOK, rowsOf, sectionsOf } from "./runbook.ts";

/** A chapter's text with all that is below its heading. */
function chapter(title: string): string {
  const [, text = ""] = RUNBOOK.split(`\n## ${title}\n`);
  return text.split(/^## /m)[0] ?? "";
}

test("each alert has an entry with all its parts, and nothing else has", () => {
  const entries = sectionsOf(chapter("Alerts"), 4);
  expect([...entries.keys()].sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
  for (const [alert, text] of entries)
    for (const part of PARTS)
      expect(text, `${alert}: ${part}`).toMatch(new RegExp(`\\*\\*${part}\\.?\\*\\*\\s+\\S`));
});

test("each alert leads to its entry", () => {
  for (const { rules } of toRulesFile().groups)
    for (const rule of rules)
      if ("annotations" in rule)
        expect(rule.annotations.runbook_url).toBe(`${RUNBOOK_URL}#${rule.alert?.toLowerCase()}`);
});

test.each([
  ["Reasons", REASON_NAMES],
  ["Error codes", Object.keys(ERROR_CODES)],
])("%s: each has a line, in a group that has the other parts, and nothing else has", (title, names) => {
  const rows = rowsOf(chapter(title));
  expect(rows.map(([name]) => name).sort()).toEqual([...names].sort());
  for (const row of rows) {
    expect(row.length, row.join(" | ")).toBe(4);
    for (const cell of row) expect(cell.trim(), row[0]).not.toBe("");
  }
  for (const [group, text] of sectionsOf(chapter(title), 3))
    for (const part of ["Impact", "Look at", "Do, for all of them", "It worked when"])
      expect(text, `${group}: ${part}`).toContain(`**${part}`);
});

test("links within the runbook lead to its headings", () => {
  const anchors = [...RUNBOOK.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, "")
      .replaceAll(" ", "-"),
  );
  for (const [, anchor] of RUNBOOK.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});

/** What takes away what others look at comes last. */
const LAST = /runs cancel|remove-group|tasks stop|purge/;

test("its commands work as they stand", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using _ended = { [Symbol.asyncDispose]: () => server.stop() };
  const keys = newKey("k1");
  const environment = { POSTRIDER_REDIS_URL: server.url, POSTRIDER_SECRET_KEYS: keys };
  await using system = await startSystem(undefined, { redis: server.url });
  const worker = await system.startWorker({ POSTRIDER_SECRET_KEYS: keys });
  await using api = await startApi(environment);
  const { ACTION, ...seeded } = await seed(server.url, system.receiver.url);
  const files = await mkdtemp(join(tmpdir(), "postrider-runbook-"));
  const write = (name: string, text: string) => writeFile(join(files, name), text);
  await write("customer.json", JSON.stringify(customers(1)[0]));
  await write(
    "people.ndjson",
    customers(3)
      .map((customer) => `${JSON.stringify(customer)}\n`)
      .join(""),
  );
  await write("secret.txt", "a new one");
  await write("postrider.yaml", "actions: []\n");
  await write("welcome.yaml", `id: welcome\nurl: ${system.receiver.url}/x\n`);
  const values: Record<string, string> = {
    ...environment,
    ...seeded,
    ACTION,
    REDIS: server.url,
    API: api.url,
    WORKER: `http://127.0.0.1:${worker.metricsPort}`,
    ORIGIN: system.receiver.url,
    SECRET: "crm_key",
    BYTES: "1073741824",
  };

  const commands = commandsOf(RUNBOOK);
  expect(commands.length).toBeGreaterThan(50);
  const failed: string[] = [];
  for (const command of [...commands].sort((a, b) => Number(LAST.test(a)) - Number(LAST.test(b)))) {
    const problem = await tryCommand(command, { values, environment, files });
    if (problem !== null) failed.push(`${command}: ${problem}`);
  }
  expect(failed).toEqual([]);
});

/** What the commands' variables stand for. */
async function seed(redisUrl: string, receiverUrl: string) {
  const producer = await createProducer({ redis: redisUrl });
  const redis = openRedis(redisUrl);
  const { id: ACTION } = await producer.actions.apply({
    id: "welcome",
    url: `${receiverUrl}/x`,
    body: "{{ customer }}",
  });
  await producer.enqueueMany({ action: ACTION, customers: customers(3), run: "spring", hold: true });
  await bury(redis, {
    count: 3,
    run: "old",
    action: "welcome@1",
    reason: "reply_5xx",
    destination: receiverUrl,
  });
  const [DELIVERY = ""] = await bury(redis, {
    count: 1,
    run: "older",
    action: "welcome@1",
    reason: "reply_4xx",
  });
  await producer.outcomes.read({ group: "warehouse" });
  await producer.events.read({ group: "pager" });
  await producer.subscriptions.set("ops", { action: ACTION, events: ["run.completed"] });
  const { token: POSTRIDER_TOKEN } = await producer.tokens.create({ name: "on-call", scopes: ["read"] });
  const { id: TASK } = await producer.tasks.begin({ do: "purge", filter: { run: "nobody" } }, "on-call");
  await producer.close();
  redis.disconnect();
  return {
    ACTION,
    POSTRIDER_TOKEN,
    RUN: "spring",
    DELIVERY,
    TASK,
    GROUP: "warehouse",
    EVENT_GROUP: "pager",
    SUBSCRIPTION: "ops",
  };
}

interface Surroundings {
  readonly values: Readonly<Record<string, string>>;
  readonly environment: Record<string, string>;
  readonly files: string;
}

/** Runs a command: Postrider's in this process, another one in a shell. @returns what went wrong. */
async function tryCommand(
  command: string,
  { values, environment, files }: Surroundings,
): Promise<string | null> {
  if (!command.startsWith("postrider ")) {
    await using shell = startProcess("sh", ["-ec", command], values);
    const { code } = await shell.exited;
    return code === 0 && !/^ERR|"code":\s*"(?:unauthorized|forbidden)"/m.test(shell.stdout)
      ? null
      : shell.stdout + shell.stderr;
  }
  const args = command
    .split(" ")
    .slice(1)
    .map((word) =>
      word.replace(/^"(.*)"$/, "$1").replace(/^\$(\w+)$/, (_, name) => values[name] ?? `no ${name}`),
    )
    .map((word) => (/^[a-z]+\.(?:json|ndjson|txt|yaml)$/.test(word) ? join(files, word) : word));
  const { code, stdout, stderr } = await runCommand(args, environment);
  return code === 0 ? null : stdout + stderr;
}
