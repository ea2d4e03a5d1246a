// What is most often mistyped on the command line: each says what was meant, or what to do instead.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProducer } from "@postrider/producer/producer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

let directory: string;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const redis = await isolatedRedisUrl();
  environment = { POSTRIDER_REDIS_URL: redis };
  const producer = await createProducer({ redis });
  await producer.actions.apply({ id: "welcome", url: "http://127.0.0.1:1/", body: "{{ customer.nope }}" });
  await producer.close();
  await writeFile(join(directory, "one.json"), '{"id": "ann"}');
  await writeFile(join(directory, "people.ndjson"), '{"id": "ann"}\n{"id": "bob"}\n');
  await writeFile(join(directory, "people.json"), '[{"id": "ann"}]');
  await writeFile(join(directory, "bad.json"), '{"id": "ann",\n}');
});
afterAll(() => rm(directory, { recursive: true }));

const file = (name: string) => join(directory, name);

test.each([
  ["actions preview", (path: string) => ["actions", "preview", "welcome", "--customer", path]],
  ["actions preview of a file", (path: string) => ["actions", "preview", `${path}.yaml`, "--customer", path]],
  ["actions apply", (path: string) => ["actions", "apply", path]],
  ["actions check", (path: string) => ["actions", "check", path]],
  ["enqueue", (path: string) => ["enqueue", "welcome", "--customers", path]],
  [
    "enqueue --event",
    (path: string) => ["enqueue", "welcome", "--customers", file("one.json"), "--event", path],
  ],
  ["secrets set", (path: string) => ["secrets", "set", "x", "--file", path]],
  ["snippets set", (path: string) => ["snippets", "set", "x", path]],
])("%s: a file that is not there is a mistake in the line: exit code 2", async (_, toArgs) => {
  expect(await run(toArgs(file("gone")), environment)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/gone(\.yaml)?: there is no such file/),
  });
});

test("an action that is mistyped is told with the one that was meant", async () => {
  for (const args of [
    ["actions", "show", "welcom"],
    ["actions", "preview", "wlecome@1", "--customer", file("one.json")],
    ["enqueue", "wellcome", "--customers", file("people.ndjson")],
  ])
    expect(await run(args, environment)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("did you mean welcome?"),
    });
  for (const other of ["farewell", "welcome@7"])
    expect((await run(["actions", "show", other], environment)).stderr).not.toContain("did you mean");
});

test("a file of several customers where one is wanted: how to take one of them", async () => {
  const preview = async (name: string) =>
    (await run(["actions", "preview", "welcome", "--customer", file(name)], environment)).stderr;

  expect(await preview("people.ndjson")).toContain(`head -1 ${file("people.ndjson")} > customer.json`);
  expect(await preview("people.json")).toContain(`jq '.[0]' ${file("people.json")} > customer.json`);
  expect(await preview("bad.json")).toMatch(/bad\.json: is not JSON: (?!.*head -1)/);
});

test("what is typed comes back without its control characters", async () => {
  const { code, stderr } = await run(["deliveries", "show", "\u001b[31mred"], environment);

  expect(code).toBe(1);
  expect(stderr).toContain("\\u001b[31mred");
  expect(stderr).not.toContain("\u001b");
});
