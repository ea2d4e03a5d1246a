import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CustomerLine, type Format, openCustomers } from "./open-customers.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(content: string | Buffer | Iterable<Buffer>, format?: Format): Promise<CustomerLine[]> {
  const chunks = typeof content === "string" || Buffer.isBuffer(content) ? [Buffer.from(content)] : content;
  const file = await openCustomers(
    { path: "-", stdin: Readable.from(chunks) },
    format === undefined ? {} : { format },
  );
  const lines: CustomerLine[] = [];
  for await (const line of file.lines) lines.push(line);
  return lines;
}

function brief(lines: readonly CustomerLine[]): unknown[] {
  return lines.map((line) =>
    "problem" in line ? [line.line, line.column, line.problem] : [line.line, line.customer],
  );
}

test("NDJSON: line by line, blank lines passed over, the byte order mark and CRLF too", async () => {
  expect(brief(await read('\ufeff{"id":1}\r\n\n  \n{"id":"b","x":null}'))).toEqual([
    [1, { id: 1 }],
    [4, { id: "b", x: null }],
  ]);
});

test.each<[string, string | Buffer, number, number, RegExp]>([
  ["a broken value", '{"id":1}\n{"id":2,"a":x}', 2, 13, /not JSON from here: "x}"/],
  ["an end too early", '{"id":1', 1, 8, /ends too early/],
  ["no object", "{}\n12", 2, 1, /object with an id/],
  ["no id", '{"id":1}\n {"name":"x"}', 2, 2, /customer\.id/],
  ["an id of the wrong kind", '{"name":"x","id":{}}', 1, 13, /customer\.id must be/],
  ["an empty id", '{"id":""}', 1, 2, /customer\.id is empty/],
  [
    "bytes that are not UTF-8",
    Buffer.from([...Buffer.from('{"id":"'), 0xff, ...Buffer.from('"}')]),
    1,
    8,
    /UTF-8/,
  ],
  ["a JSON array", '[{"id":1}]', 1, 1, /jq -c/],
  ["a JSON array over many lines", '[\n{"id":1}\n]', 1, 1, /jq -c/],
])("NDJSON: %s is told with line and column", async (_, content, line, column, problem) => {
  const bad = (await read(content, "ndjson")).find(
    (candidate) => "problem" in candidate && candidate.line === line,
  );

  expect(bad).toMatchObject({ line, column, problem: expect.stringMatching(problem) });
});

test("NDJSON: a line without an end is a problem, and is not kept in memory", async () => {
  function* endless(): Generator<Buffer> {
    yield Buffer.from('{"id":1}\n');
    for (let index = 0; index < 2_000; index++) yield Buffer.alloc(65_536, "x");
    yield Buffer.from('\n{"id":2}\n');
  }
  const before = process.memoryUsage().arrayBuffers;
  const lines = await read(endless());

  expect(brief(lines)).toEqual([
    [1, { id: 1 }],
    [2, expect.any(Number), expect.stringContaining("longer than")],
    [3, { id: 2 }],
  ]);
  // Of 125 MiB that came through.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_048_576);
});

test("NDJSON: whatever the values and wherever the chunks are cut, packed or not", async () => {
  const customer = fc.record({
    id: fc.oneof(fc.string({ minLength: 1, unit: "binary" }), fc.integer()),
    value: fc.jsonValue(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(customer, { maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.integer({ min: 1, max: 40 }),
      async (customers, newline, isPacked, size) => {
        const text = Buffer.from(customers.map((value) => JSON.stringify(value) + newline).join(""));
        const bytes = isPacked ? gzipSync(text) : text;
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        expect(brief(await read(chunks, "ndjson"))).toEqual(
          customers.map((value, index) => [index + 1, JSON.parse(JSON.stringify(value))]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("CSV: values stay text, dotted names make objects, an empty cell is absent", async () => {
  const csv =
    'id,phone,address.city,address.zip,note\r\n1,0049,"Paris, FR",,"said ""hi""\nand left 🙂"\r\n2,,,,\r\n';

  expect(brief(await read(csv))).toEqual([
    [2, { id: "1", phone: "0049", address: { city: "Paris, FR" }, note: 'said "hi"\nand left 🙂' }],
    [4, { id: "2" }],
  ]);
});

test.each<[string, string, number, RegExp]>([
  ["no id column", "name\nx\n", 1, /no column id/],
  ["two columns of a name", "id,a,a\n1,2,3\n", 1, /two columns a/],
  ["a name that reaches the prototype", "id,__proto__.x\n1,2\n", 1, /not allowed/],
  ["a column without a name", "id,\n1,2\n", 1, /no name/],
  ["too few cells", "id,a\n1,2\n3\n", 3, /has 1 cells; the header has 2/],
  ["too many cells", "id,a\n1,2,3\n", 2, /has 3 cells/],
  ["an empty id", "id,a\n,2\n", 2, /id is empty/],
  ["a value where an object must stand", "id,a,a.b\n1,x,y\n", 2, /cannot both/],
  ["a quote without an end", 'id,a\n1,"x\n2,y\n', 2, /nothing after it can be read/],
])("CSV: %s is told with its line", async (_, csv, line, problem) => {
  const bad = (await read(csv, "csv")).find((candidate) => "problem" in candidate);

  expect(bad).toMatchObject({ line, problem: expect.stringMatching(problem) });
});

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
  await expect(open(cut)).rejects.toMatchObject({ code: "file_damaged" });
});
