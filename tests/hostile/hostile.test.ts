// Every hostile answer against the real send step: it ends in time, it holds little memory, it comes to the
// finding of the table, and no other delivery gets to see anything of it.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { heldBytes } from "../support/held-bytes.ts";
import { type StartedProcess, startProcess } from "../support/processes.ts";
import { createSender, describeFinding, type Sender } from "../support/sender.ts";
import { BEHAVIOURS } from "./behaviours.ts";

/** For what does not end within it; everything else is over long before, unless the machine is very busy. */
const ENDLESS_TIMEOUT_MS = 600;
const TIMEOUT_MS = 10_000;
/** Only what does not end at all takes so much longer: the machine may be very busy. */
const SLACK_MS = 20_000;
/** What one answer may leave behind in memory; a kept body is 64 KiB. */
const BYTES_MAX = 24 * 1_048_576;

/** Answers whose status line came, and whose headers never end or cannot be read. */
const HEADERS_BROKEN: readonly string[] = [
  "stops-in-headers",
  "drips-headers",
  "ends-in-headers",
  "floods-headers",
  "floods-short-headers",
  "floods-header-name",
  "floods-header-value",
  "floods-cookies",
  "length-and-chunked",
  "chunked-and-length",
  "two-lengths",
  "list-of-lengths",
  "negative-length",
  "signed-length",
  "hex-length",
  "overflowing-length",
  "spaced-chunked",
  "header-without-colon",
  "header-with-nul",
  "header-broken-in-pieces",
  "header-folded",
  "header-unnamed",
  "bare-lf",
];

/** What each behaviour comes to: a status, a fault's code, or a refusal. */
const FINDINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    timeout: [
      "continue-only",
      "never-answers",
      "stops-in-status-line",
      "drips-status-line",
      "stops-reading",
      "floods-reason",
    ],
    reset: ["continue-and-ends", "closes-at-once", "resets-at-once", "half-closes"],
    headers_too_large: ["continue-without-end", "floods-empty-lines"],
    protocol: [
      "floods-continue",
      "floods-informational",
      "floods-early-hints",
      "floods-garbage",
      "says-text",
      "says-ssh",
      "says-smtp",
      "says-redis",
      "says-http2",
      "says-tls-alert",
      "version-9",
      "status-0",
      "status-99999",
      "status-words",
      "bare-cr",
    ],
    "101": ["switches-protocols"],
    "200": [
      ...HEADERS_BROKEN,
      "floods-body",
      "floods-chunks",
      "floods-tiny-chunks",
      "gzip-bomb",
      "gzip-bomb-in-bomb",
      "gzip-lie",
      "two-answers",
      "two-answers-in-pieces",
      "second-answer-later",
      "more-body-than-promised",
      "early-hints",
      "upgrade-with-200",
      "keep-alive-lie",
      "keep-alive-nonsense",
      "invalid-utf8",
      "stops-in-body",
      "promises-petabytes",
      "drips-body",
      "drips-chunks",
      "floods-chunk-extension",
      "ends-in-body",
      "ends-in-chunk",
      "resets-in-body",
      "continue-unasked",
      "continue-after-empty-line",
      "floods-trailers",
      "overflowing-chunk",
      "negative-chunk",
      "chunk-without-end",
      "continue-in-pieces",
      "continue-first",
      "continue-with-headers",
      "continue-old",
      "continue-among-hints",
      "continue-in-body",
      "processing",
      "chunked-inside",
      "unknown-coding",
    ],
    "204": ["body-without-content"],
    "304": ["not-modified", "body-not-modified"],
    "400": ["refuses-and-ends", "breaks-its-chunks"],
    "410": ["gone-and-resets"],
    "503": ["retry-for-ever", "fails-and-stops"],
    "307": ["redirects-to-itself"],
    "302": ["redirects-nowhere"],
    "url_invalid url_invalid": ["redirects-to-file", "redirects-far"],
  }).flatMap(([finding, names]) => names.map((name) => [name, finding] as const)),
);

/** Answers whose status came, and which never end. */
const ANSWERS_WITHOUT_END: ReadonlySet<string> = new Set([
  "stops-in-headers",
  "drips-headers",
  "stops-in-body",
  "promises-petabytes",
  "drips-body",
  "drips-chunks",
  "floods-chunk-extension",
  "fails-and-stops",
  "unknown-coding",
  "chunked-inside",
]);

let server: StartedProcess;
let sender: Sender;
let origin = "";

beforeAll(async () => {
  server = startProcess(process.execPath, ["--import", "tsx", "tests/hostile/server.ts"]);
  [, origin = ""] = await server.waitForOutput(/at (http:\S+)\//);
  sender = createSender();
});

afterAll(async () => {
  await sender?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describe("hostile answers", () => {
  test.each(Object.keys(BEHAVIOURS))("%s", async (name) => {
    const isEndless = FINDINGS.get(name) === "timeout" || ANSWERS_WITHOUT_END.has(name);
    const timeoutMs = isEndless ? ENDLESS_TIMEOUT_MS : TIMEOUT_MS;
    const before = heldBytes();
    const startedAt = performance.now();

    const sent = await sender.send(`${origin}/${name}`, {
      timeoutMs,
      redirects: 2,
      // Longer than what the two systems' buffers take, for the server that stops reading.
      body: name === "stops-reading" ? "x".repeat(4_000_000) : "{}",
    });

    expect(performance.now() - startedAt).toBeLessThan(timeoutMs + SLACK_MS);
    expect(heldBytes() - before).toBeLessThan(BYTES_MAX);
    expect(describeFinding(sent)).toBe(FINDINGS.get(name));
    if (sent.finding.kind === "reply") expect(sent.finding.body.text.length).toBeLessThanOrEqual(65_536);

    // Whoever comes next on the same destination gets an answer of their own.
    const tokens = Array.from({ length: 4 }, (_, index) => `${name}-${index}`);
    const next = await Promise.all(tokens.map((token) => sender.send(`${origin}/fine?${token}`)));
    expect(next.map(({ finding }) => (finding.kind === "reply" ? finding.body.text : finding))).toEqual(
      tokens,
    );
  });
});

test("after a breach of the protocol no connection of that destination is used again, and who waits for one gets a new one", async () => {
  await using one = createSender({ POSTRIDER_CONNECTIONS_PER_DESTINATION: "1" });
  const { sockets } = one.pools.stats();
  const breach = one.send(`${origin}/says-ssh`);
  const tokens = Array.from({ length: 20 }, (_, index) => `waits-${index}`);
  const waiting = await Promise.all(tokens.map((token) => one.send(`${origin}/fine?${token}`)));

  expect(describeFinding(await breach)).toBe("protocol");
  expect(waiting.map(({ finding }) => (finding.kind === "reply" ? finding.body.text : finding))).toEqual(
    tokens,
  );
  expect(sockets.open).toBeLessThanOrEqual(1);
});

test("whatever came, no connection is taken for busy that is not", async () => {
  await eventually(() => expect(sender.pools.stats().sockets.open).toBe(0));
});

test.each([
  ["refuses-and-ends", 400, /other side closed|closed/],
  ["gone-and-resets", 410, /ECONNRESET|closed/],
  ["ends-in-body", 200, /closed/],
  ["fails-and-stops", 503, /did not end within 600 ms/],
] as const)(
  "%s: the status decides, and what cut the answer short is told",
  async (name, status, trouble) => {
    const { finding } = await sender.send(`${origin}/${name}`, { timeoutMs: ENDLESS_TIMEOUT_MS });

    expect(finding).toMatchObject({
      kind: "reply",
      status,
      body: { text: "half" },
      isCut: true,
      trouble: expect.stringMatching(trouble),
    });
  },
);

test.each([
  ["two-lengths", /content-length|Content-Length/],
  ["header-broken-in-pieces", /./],
  ["header-folded", /./],
  ["header-without-colon", /./],
  ["floods-headers", /header/i],
  ["ends-in-headers", /closed/],
  ["stops-in-headers", /did not end within 600 ms/],
] as const)(
  "%s: the status line came, so that the same is not sent again, and what was wrong with the rest is told",
  async (name, trouble) => {
    const { finding } = await sender.send(`${origin}/${name}`, {
      timeoutMs: name === "stops-in-headers" ? ENDLESS_TIMEOUT_MS : TIMEOUT_MS,
    });

    expect(finding).toMatchObject({
      kind: "reply",
      status: 200,
      headers: {},
      body: { text: "" },
      isCut: true,
      trouble: expect.stringMatching(trouble),
    });
  },
);

test("a status that undici does not know is told in plain words", async () => {
  const { finding } = await sender.send(`${origin}/status-0`);
  expect(finding).toMatchObject({ kind: "fault", message: "the answer is none that HTTP knows" });
});

test("a 304 is whole, whatever length it names for what it leaves out", async () => {
  const { finding } = await sender.send(`${origin}/not-modified`);
  expect(finding).toMatchObject({ kind: "reply", status: 304, body: { text: "" }, isCut: false });
  expect(finding).not.toHaveProperty("trouble");
});

test("what is packed is told, not unpacked and not shown", async () => {
  const { finding } = await sender.send(`${origin}/gzip-bomb`, { replyBytesMax: 1_000_000 });

  expect(finding).toMatchObject({
    kind: "reply",
    body: { text: expect.stringMatching(/^\(\d+ bytes with content-encoding gzip, not unpacked\)$/) },
  });
});
