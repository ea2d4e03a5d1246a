// The console over a million: how soon the first page shows, that lists of a million dead letters open as
// fast as lists of ten, that a file of a million customers is sent in little memory, and that their run moves
// its bar without a hitch. Run by `npm run test:console-large`, with a smaller number where one is given.

import { open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { createProducer } from "@postrider/producer/producer";
import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker } from "@postrider/worker/worker";
import { Redis } from "ioredis";
import type { Browser } from "playwright-core";
import { startApiProcess } from "../../load/over-http.ts";
import { bury } from "../../support/dead-letters.ts";
import { keyPrefix } from "../../support/key-prefix.ts";
import { LOOPBACK } from "../../support/network.ts";
import { startSink } from "../../support/sink.ts";
import { startBrowser } from "../browser.ts";
import { median, openPage, residentBytes, timeFirstPage, timeList, watchTasks } from "./watched-page.ts";

const COUNT = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1_000_000);
const FEW = 10;
const TRIES = 5;
/** The promises, in ms and bytes. */
const FIRST_PAGE_MS_MAX = 1_000;
const TASK_MS_MAX = 100;
/** Of the many over the few: both are some tens of milliseconds, of which a look at the clock is a part. */
const LIST_MS_MORE_MAX = 250;
const GROWTH_BYTES_MAX = 80 * 1_048_576;
/** A file that is sent slower than 500 customers a second is stuck. */
const SEND_MS_MAX = 60_000 + COUNT * 2;
/** How long the bar is watched. */
const WATCH_MS = Math.min(60_000, Math.max(15_000, COUNT / 10));

const failures: string[] = [];

function report(what: string, value: string, isGood: boolean): void {
  console.log(`${isGood ? "ok    " : "FAILED"}  ${what}: ${value}`);
  if (!isGood) failures.push(what);
}

async function measureFirstPage(browser: Browser, url: string): Promise<void> {
  const times: number[] = [];
  for (let nth = 0; nth < TRIES; nth++) times.push(await timeFirstPage(browser, url));
  const ms = median(times);
  report("first page, nothing cached", `${Math.round(ms)} ms`, ms < FIRST_PAGE_MS_MAX);
}

async function measureLists(browser: Browser, url: string, redis: Redis): Promise<void> {
  const look = async (): Promise<number> => {
    const times: number[] = [];
    for (let nth = 0; nth < TRIES; nth++) times.push(await timeList(browser, url, "#/dead-letters", FEW));
    return median(times);
  };
  await bury(redis, { count: FEW, run: "few", destination: "https://crm.example" });
  const ofFew = await look();
  console.log(`        ${COUNT} dead letters are being buried`);
  await bury(redis, { count: COUNT, run: "many", destination: "https://crm.example" });
  const ofMany = await look();
  const said = `${Math.round(ofFew)} ms of ${FEW}, ${Math.round(ofMany)} ms of ${COUNT}`;
  report("dead letters, list shown after", said, ofMany - ofFew < LIST_MS_MORE_MAX);
}

async function writeFile(): Promise<string> {
  const path = join(tmpdir(), `postrider-large-${process.pid}.ndjson`);
  const file = await open(path, "w");
  const step = 10_000;
  for (let from = 0; from < COUNT; from += step) {
    const lines = Array.from({ length: Math.min(step, COUNT - from) }, (_, index) => {
      const id = from + index;
      return `{"id":"customer-${id}","email":"customer-${id}@example.com","name":"Customer ${id}","plan":"free"}\n`;
    });
    await file.write(lines.join(""));
  }
  await file.close();
  return path;
}

async function measureRun(browser: Browser, url: string, path: string): Promise<void> {
  const { page, close } = await openPage(browser, `${url}#/runs/~new`);
  const sending = await watchTasks(page);
  const { size } = await stat(path);
  const startedAt = Date.now();
  await page.getByLabel("Customers").setInputFiles(path);
  await page.getByLabel("Run", { exact: true }).fill("large");
  await page.getByLabel("Hold it").check();
  await page.getByRole("button", { name: "Enqueue at once …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  let before: number | null = null;
  let most = 0;
  const enqueued = page.getByRole("heading", { name: /\d deliveries enqueued$/ });
  while ((await enqueued.count()) === 0) {
    if (Date.now() - startedAt > SEND_MS_MAX) throw new Error("the file is not sent in time");
    const soFar = (await page.locator("h2", { hasText: "enqueued so far" }).allTextContents()).join("");
    const held = await residentBytes(browser);
    // What the page needs to work is there after the first tenth.
    if (Number(soFar.replace(/\D/g, "")) >= COUNT / 10) before ??= held;
    if (before !== null) most = Math.max(most, held);
    await page.waitForTimeout(1_000);
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const sent = await sending.take();
  console.log(`        sent in ${Math.round(seconds)} s, ${Math.round(COUNT / seconds)}/s`);
  report("file sent, longest task", `${Math.round(sent.longestMs)} ms`, sent.longestMs < TASK_MS_MAX);
  const grown = most - (before ?? most);
  const more = `${Math.round(grown / 1e6)} MB more after the first tenth of ${Math.round(size / 1e6)} MB`;
  report("file sent, memory of the page", more, grown < GROWTH_BYTES_MAX);

  await page.getByRole("link", { name: "Watch the run" }).click();
  await page.getByRole("button", { name: "Release" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Release/ })
    .click();
  const shares = new Set<string>();
  const watching = await watchTasks(page);
  for (const until = Date.now() + WATCH_MS; Date.now() < until; await page.waitForTimeout(250))
    shares.add((await page.locator(".progress.large .delivered").first().getAttribute("style")) ?? "");
  const watched = await watching.take();
  report(
    "run under way, longest task",
    `${Math.round(watched.longestMs)} ms`,
    watched.longestMs < TASK_MS_MAX,
  );
  report("run under way, widths of its bar", String(shares.size), shares.size > WATCH_MS / 10_000);
  await close();
}

const redis = await provideRedis({
  url: process.env["POSTRIDER_REDIS_URL"],
  say: console.log,
  path: process.env["PATH"] ?? "",
});
const settings = { POSTRIDER_REDIS_URL: redis.url, POSTRIDER_KEY_PREFIX: keyPrefix, ...LOOPBACK };
const producer = await createProducer({ redis: redis.url, keyPrefix });
const client = new Redis(redis.url, { replyMapping: "legacy" });
const sink = await startSink();
const api = await startApiProcess({ ...settings, POSTRIDER_BACKLOG_MAX: String(2 * COUNT) });
const browser = await startBrowser();
const { log } = createLogger({ level: "silent", format: "json" });
const worker = await createWorker(
  readSettings({ ...settings, POSTRIDER_METRICS_PORT: "0", POSTRIDER_METRICS_HOST: "127.0.0.1" }),
  log,
);
const running = worker.run();
const path = await writeFile();
try {
  await producer.actions.apply({ id: "large", url: `${sink.url}/`, body: "{{ customer }}" });
  const url = `${api.address}/console/`;
  await measureFirstPage(browser, url);
  await measureRun(browser, url, path);
  await producer.runs.cancel("large");
  await measureLists(browser, url, client);
} finally {
  await browser.close();
  await worker.close();
  await running;
  await api.stop();
  await producer.close();
  client.disconnect();
  await sink.close();
  await redis.stop();
  await rm(path, { force: true });
}
if (failures.length > 0) console.log(`FAILED: ${failures.join("; ")}`);
process.exitCode = failures.length === 0 ? 0 : 1;
