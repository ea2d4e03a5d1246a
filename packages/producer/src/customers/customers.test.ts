import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { heldBytes } from "../../../../tests/support/held-bytes.ts";
import type { CustomerLine } from "./customer-line.ts";
import { type Format, readCustomers } from "./read-customers.ts";

async function read(
  content: string | Buffer | Iterable<Buffer>,
  format?: Format,
  after = 0,
): Promise<CustomerLine[]> {
  const chunks = typeof content === "string" || Buffer.isBuffer(content) ? [Buffer.from(content)] : content;
  const lines: CustomerLine[] = [];
  for await (const line of readCustomers(Readable.from(chunks), { format: format ?? null, after }))
    lines.push(line);
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
  ["a number that none holds", '{"id":1,"a":1e999}', 1, 1, /no double holds/],
  ["an integer that is endless", `{"id":1,"a":${"9".repeat(500)}}`, 1, 1, /integer of 500 digits/],
  ["a JSON array", '[{"id":1}]', 1, 1, /jq -c/],
  ["a customer over many lines", '{\n"id":1\n}', 1, 2, /ends too early.*jq -c/],
])("NDJSON: %s is told with line and column", async (_, content, line, column, problem) => {
  const bad = (await read(content, "ndjson")).find(
    (candidate) => "problem" in candidate && candidate.line === line,
  );

  expect(bad).toMatchObject({ line, column, problem: expect.stringMatching(problem) });
});

test("NDJSON: a bad line takes no other with it, whatever it is", async () => {
  const content = '{"id":1}\n[1,2]\n{"id":2}\n{"id":\n[\n{"id":3}\n';

  const lines = await read(content, "ndjson");

  expect(lines.map((line) => ("problem" in line ? `${line.line}: ${line.bytes}` : line.customer.id))).toEqual(
    [1, "2: [1,2]", 2, '4: {"id":', "5: [", 3],
  );
});

test("a line is given as soon as it is there, also the first one of a slow stream", async () => {
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from("\n");
    yield Buffer.from('{"id":1}\n');
    await new Promise(() => undefined);
  }
  const first = await readCustomers(slow()).next();

  expect(first.value).toEqual({ line: 2, end: 2, customer: { id: 1 } });
});

test("NDJSON: a JSON array over many lines is refused as a whole, with the command that mends it", async () => {
  await expect(read('\n[\n{"id":1},\n{"id":2}\n]')).rejects.toMatchObject({
    code: "file_format",
    message: expect.stringMatching(/line 2, column 1: .*jq -c/),
  });
});

test("a byte that is not UTF-8 is told behind replacement characters that are the text's own", async () => {
  const bytes = Buffer.concat([Buffer.from('{"id":"\ufffdé'), Buffer.from([0xeb]), Buffer.from('"}')]);

  expect(await read(bytes, "ndjson")).toEqual([
    { line: 1, end: 1, column: 10, problem: expect.stringContaining("UTF-8"), bytes },
  ]);
});

test("NDJSON: a line without an end is a problem, and is not kept in memory", async () => {
  const held: number[] = [];
  function* endless(): Generator<Buffer> {
    yield Buffer.from('{"id":1}\n');
    for (let index = 0; index < 1_000; index++) {
      yield Buffer.alloc(65_536, "x");
      if (index % 200 === 0) held.push(heldBytes());
    }
    yield Buffer.from('\n{"id":2}\n');
  }
  const lines = await read(endless());

  expect(brief(lines)).toEqual([
    [1, { id: 1 }],
    [2, expect.any(Number), expect.stringContaining("longer than")],
    [3, { id: 2 }],
  ]);
  // Of 62 MiB that came through.
  expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(16 * 1_048_576);
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

test.each<[string, string, number, number, RegExp]>([
  ["too few cells", "id,a\n1,2\n3\n", 3, 1, /has 1 cells; the header has 2/],
  ["too many cells", "id,a\n1,2,3\n", 2, 1, /has 3 cells/],
  ["an empty id", "id,a\n,2\n", 2, 1, /id is empty/],
  ["a value where an object must stand", "id,a,a.b\n1,x,y\n", 2, 1, /cannot both/],
  ["a quote in the middle of a cell", 'id,a\n1,3in\n2,5" pipe\n', 3, 4, /in the middle of a cell/],
  ["text after a quote", 'id,a\n1,"x"y\n', 2, 6, /after the closing quote .* line 2, column 3;/],
  ["text after a quote lines later", 'id,a\n1,"x\ny"z,\n', 3, 3, /begins at line 2, column 3;/],
  ["a quote without an end", 'id,a\n1,x\n\n2,"y\n3,z', 4, 3, /nothing closes the quote/],
  ["bytes that are not UTF-8", "id,a\n1,Zo\xeb", 2, 5, /UTF-8/],
])("CSV: %s is told with line and column", async (_, csv, line, column, problem) => {
  const bad = (await read(Buffer.from(csv, "latin1"), "csv")).find((candidate) => "problem" in candidate);

  expect(bad).toMatchObject({ line, column, problem: expect.stringMatching(problem) });
});

test.each<[string, string, RegExp]>([
  ["no id column", "name\nx\n", /line 1, column 1: .*no column id$/],
  ["semicolons", "id;name\n1;x\n", /separated by ";": save the file with commas/],
  ["tabs", "id\tname\n1\tx\n", /separated by tabs/],
  ["old Macintosh lines", "id,name\r1,x\r2,y", /LF or CRLF/],
  ["two columns of a name", "id,a,a\n1,2,3\n", /line 1, column 6: .*two columns a/],
  ["a name that reaches the prototype", "id,__proto__.x\n1,2\n", /not allowed/],
  ["a column without a name", "id,\n1,2\n", /no name/],
  ["a header that is not UTF-8", "id,\xeb\n1,2\n", /line 1, column 4: is not UTF-8/],
  ["a header whose quote never ends", 'id,"a\n1,2\n', /line 1, column 4: nothing closes/],
])("CSV: %s is refused as a whole", async (_, csv, message) => {
  await expect(read(Buffer.from(csv, "latin1"), "csv")).rejects.toMatchObject({
    code: "file_format",
    message: expect.stringMatching(message),
  });
});

/** Ids of the good records, and the text of the bad ones. */
async function sort(csv: string | Buffer): Promise<[ids: unknown[], rejected: string[]]> {
  const lines = await read(csv, "csv");
  return [
    lines.flatMap((line) => ("customer" in line ? [line.customer.id] : [])),
    lines.flatMap((line) => ("bytes" in line ? [line.bytes.toString("latin1")] : [])),
  ];
}

test.each<[string, string | Buffer, string[], string[]]>([
  ["after a quote in a cell", 'id,a\n1,3in\n2,5" pipe\n3,ok\n4,ok\n', ["1", "3", "4"], ['2,5" pipe']],
  [
    "after a record over several lines, which goes as a whole",
    'id,a\n1,"x\n9,not a customer\ny"z\n2,ok\n',
    ["2"],
    ['1,"x\n9,not a customer\ny"z'],
  ],
  [
    "after the line of a quote that nothing closes",
    `id,a\n1,"x""y\n${"2,ok\n".repeat(3)}`,
    ["2", "2", "2"],
    ['1,"x""y'],
  ],
  [
    "after a quote that nothing closes within a megabyte",
    `id,a\n1,"x\n${`2,${"long".repeat(50)}\n`.repeat(6_000)}`,
    Array.from({ length: 6_000 }, () => "2"),
    ['1,"x'],
  ],
  [
    "after bytes that are not UTF-8, kept as they are",
    Buffer.from("id\n\xeb\n2\n", "latin1"),
    ["2"],
    ["\xeb"],
  ],
])("CSV: reading goes on %s", async (_, csv, ids, rejected) => {
  expect(await sort(csv)).toEqual([ids, rejected]);
});

test("CSV: whatever the cells and wherever the chunks are cut, what was written is read", async () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", "é", " ") }),
    fc.string({ unit: "binary" }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ minLength: 1 }), cell), { minLength: 1, maxLength: 10 }),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 40 }),
      async (rows, newline, size) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const csv = ["id,a", ...rows.map((row) => row.map(quote).join(","))].join(newline);
        const bytes = Buffer.from(csv);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        const read = await readCsvCustomers(chunks);
        // Lone surrogates are no text, and an empty cell is an absent attribute.
        const written = rows.map(([id, a]) => ({ id: toText(id), ...(a !== "" && { a: toText(a) }) }));
        expect(read).toEqual(written);
      },
    ),
    { numRuns: 200 },
  );
});

function toText(text: string): string {
  return Buffer.from(text).toString("utf8");
}

async function readCsvCustomers(chunks: Iterable<Buffer>): Promise<unknown[]> {
  return (await read(chunks, "csv")).map((line) => ("customer" in line ? line.customer : line));
}

test.each(["ndjson", "csv"] as const)(
  "%s: what stands behind a line is read as in the whole, with the same numbers",
  async (format) => {
    const texts = {
      ndjson: '{"id":"1"}\n\n{"id":\n{"id":"2"}\r\n{"id":"3"}',
      csv: 'id,"a\nb"\n1,x\n\n2,"y\n,\nz"\n3,x,x\n"4,x\n5,x',
    };
    const whole = await read(texts[format], format);

    for (let after = 0; after < 12; after++) {
      const isCut = whole.some(({ line, end }) => line <= after && end > after);
      if (isCut) continue;
      expect(await read(texts[format], format, after)).toEqual(whole.filter(({ end }) => end > after));
    }
  },
);

test("a line that is passed over is kept no more than one that is too long, and its faults are nobody's", async () => {
  const content = Buffer.concat([
    Buffer.from('{"id":1}\n'),
    Buffer.alloc(3_000_000, 0xff),
    Buffer.from('\n{"id":3}\n'),
  ]);

  expect(brief(await read(content, "ndjson", 2))).toEqual([[3, { id: 3 }]]);
});
