import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCustomers } from "./open-customers.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

test("the format follows the name, else the content", async () => {
  await writeFile(join(directory, "a.csv.gz"), gzipSync("id\n7\n"));
  await writeFile(join(directory, "b.data"), '{"id":7}\n');
  for (const [name, id] of [
    ["a.csv.gz", "7"],
    ["b.data", 7],
  ] as const) {
    const file = await openCustomers({ path: join(directory, name), stdin: Readable.from([]) });
    for await (const line of file.lines) expect(line).toMatchObject({ customer: { id } });
    expect(file.bytesRead()).toBe(file.bytesTotal);
  }
});

test("a file that cannot be read is one clear error", async () => {
  const open = async (path: string) => {
    const file = await openCustomers({ path, stdin: Readable.from([]) });
    for await (const _ of file.lines);
  };
  const cut = join(directory, "cut.ndjson.gz");
  await writeFile(cut, gzipSync('{"id":1}\n'.repeat(1_000)).subarray(0, 40));

  await expect(open(join(directory, "nope"))).rejects.toMatchObject({
    code: "file_unreadable",
    message: expect.stringContaining("no such file"),
  });
  await expect(open(directory)).rejects.toMatchObject({
    code: "file_unreadable",
    message: expect.stringContaining("directory"),
  });
  await expect(open(cut)).rejects.toMatchObject({
    code: "file_damaged",
    message: expect.stringContaining(`${cut}: the gzip data`),
  });
});
