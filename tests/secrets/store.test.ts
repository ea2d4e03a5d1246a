// The secret store and actions with credentials in them, through the library and the command line.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run as runCommand } from "../support/command-line.ts";
import { postrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { dumpRedis } from "../support/redis-dump.ts";
import { newKey } from "../support/secret-keys.ts";

const [OLD, NEW] = [newKey("old"), newKey("new")];
let redisUrl: string;
let producers: Producer[] = [];

beforeEach(async () => {
  redisUrl = await isolatedRedisUrl();
});
afterEach(async () => {
  await Promise.all(producers.map((producer) => producer.close()));
  producers = [];
});

async function withKeys(secretKeys?: string): Promise<Producer> {
  const producer = await createProducer({ redis: redisUrl, ...(secretKeys !== undefined && { secretKeys }) });
  producers.push(producer);
  return producer;
}

const action = {
  id: "a",
  url: "https://user:pl4nted-pass@h/",
  headers: [{ name: "X-Api-Key", value: "pl4nted-key" }],
};

test("rotation seals all anew: secrets, credentials in actions, and those that lay there unsealed", async () => {
  const bare = await withKeys();
  await bare.actions.apply(action);
  expect(await dumpRedis(redisUrl)).toContain("pl4nted-pass");

  const old = await withKeys(OLD);
  await old.secrets.set("A", "pl4nted-a");
  expect(await old.secrets.rotate()).toEqual({ resealed: 1, unchanged: 1 });
  expect(await dumpRedis(redisUrl)).not.toContain("pl4nted");

  const both = await withKeys(`${NEW},${OLD}`);
  expect(await both.secrets.rotate()).toEqual({ resealed: 2, unchanged: 0 });
  expect(await both.secrets.rotate()).toEqual({ resealed: 0, unchanged: 2 });
  const renewed = await withKeys(NEW);
  expect(await renewed.secrets.list()).toMatchObject([{ name: "A", keyId: "new" }]);
  expect((await renewed.actions.open("a")).action.url).toBe(action.url);
  await expect(old.secrets.rotate()).rejects.toThrow(
    /the key new, which POSTRIDER_SECRET_KEYS does not have/,
  );
});

test("an action with credentials is shown masked without a key, is one version however often it is applied, and opens with the key only", async () => {
  const old = await withKeys(OLD);
  expect(await old.actions.apply(action)).toMatchObject({ version: 1, isNew: true });
  expect(await old.actions.apply(action)).toMatchObject({ version: 1, isNew: false });
  expect(await old.actions.apply({ ...action, url: "https://user:other-pass@h/" })).toMatchObject({
    version: 2,
  });
  expect(await (await withKeys(`${NEW},${OLD}`)).actions.apply(action)).toMatchObject({ version: 3 });

  const bare = await withKeys();
  const shown = await bare.actions.get("a@1");
  expect(shown.action).toMatchObject({
    url: "https://***@h/",
    headers: [{ name: "X-Api-Key", value: "***" }],
  });
  expect(shown.action).not.toHaveProperty("sealed");
  await expect(bare.actions.open("a@1")).rejects.toMatchObject({ code: "key_missing" });
});

test.each<[string, string, string]>([
  ["no-hyphens", "long enough", "secret_invalid"],
  ["9A", "long enough", "secret_invalid"],
  ["A", "short", "secret_invalid"],
  ["A", "x".repeat(8_193), "secret_invalid"],
])("the secret %s with such a value is refused, and nothing is saved", async (name, value, code) => {
  const old = await withKeys(OLD);
  await expect(old.secrets.set(name, value)).rejects.toMatchObject({ code });
  expect(await old.secrets.list()).toEqual([]);
});

test("without keys nothing is saved, and unknown secrets are named", async () => {
  const bare = await withKeys();
  await expect(bare.secrets.set("A", "long enough")).rejects.toMatchObject({ code: "key_missing" });
  await expect(bare.secrets.rotate()).rejects.toMatchObject({ code: "key_missing" });
  await expect(bare.secrets.remove("A")).rejects.toMatchObject({ code: "secret_unknown" });
  await expect(createProducer({ redis: redisUrl, sealCustomers: true })).rejects.toMatchObject({
    code: "key_missing",
  });
});

test("the command line takes values from standard input or a file, never as an argument", async () => {
  await using receiver = await startReceiver();
  const directory = await mkdtemp(join(tmpdir(), "postrider-secrets-"));
  const environment = { POSTRIDER_REDIS_URL: redisUrl, POSTRIDER_SECRET_KEYS: OLD };
  await writeFile(join(directory, "value"), "from a file\n\n");
  await writeFile(join(directory, "customer.json"), '{"id": 1}');
  await writeFile(
    join(directory, "act.json"),
    JSON.stringify({
      id: "act",
      url: receiver.url,
      secrets: ["IN", "FILE"],
      headers: [
        { name: "X-In", value: "{{ secrets.IN }}" },
        { name: "X-File", value: "{{ secrets.FILE | strip }}" },
      ],
    }),
  );

  expect((await postrider(["secrets", "set", "IN"], environment, "from input\n")).code).toBe(0);
  expect(
    (await runCommand(["secrets", "set", "FILE", "--file", join(directory, "value")], environment)).code,
  ).toBe(0);
  const asArgument = await runCommand(["secrets", "set", "X", "pl4nted-argument"], environment);
  expect(asArgument.code).toBe(2);
  expect(asArgument.stderr).not.toContain("pl4nted");
  const list = await runCommand(["secrets", "list"], environment);
  expect(list.stdout).toMatch(/FILE[\s\S]*old[\s\S]*IN/);
  expect(list.stdout).not.toMatch(/from/);

  const sample = ["--customer", join(directory, "customer.json"), "--json"];
  const sent = await runCommand(["actions", "test", join(directory, "act.json"), ...sample], environment);
  expect(JSON.parse(sent.stdout)).toMatchObject({ verdict: "delivered" });
  expect(receiver.requests[0]?.headers).toMatchObject({ "x-in": "from input", "x-file": "from a file" });
  expect(sent.stdout).not.toContain("from input");

  expect((await runCommand(["secrets", "remove", "IN"], environment)).code).toBe(0);
  const missing = await runCommand(["actions", "test", join(directory, "act.json"), ...sample], environment);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stdout)).toMatchObject({
    verdict: "retry",
    reason: "secret_missing",
    problems: [{ message: "the secret IN is not in the store" }],
  });
  expect((await runCommand(["secrets", "remove", "IN"], environment)).stderr).toContain(
    "no secret is called IN",
  );
  await rm(directory, { recursive: true });
});
