// A page of the console whose times are taken: when something shows, how long its script runs at a stretch,
// and how much memory that holds.

import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";

/** Much is under way on the machine; what takes longer has failed. */
const PATIENCE_MS = 60_000;

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export async function openPage(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  return { page, close: () => context.close() };
}

/** Keeps in the page when so many of something were there first, in ms since it was asked for. */
function noteWhen(selector: string, many: number): string {
  return `new Promise((resolve) => {
    const look = () => document.querySelectorAll(${JSON.stringify(selector)}).length >= ${many}
      ? resolve(performance.now()) : requestAnimationFrame(look);
    look();
  })`;
}

/** Ms from the request for the page until its numbers show, in a browser that has nothing of it. */
export async function timeFirstPage(browser: Browser, url: string): Promise<number> {
  const { page, close } = await openPage(browser, "about:blank");
  await page.addInitScript(`window.shown = ${noteWhen(".tile-value", 1)}`);
  await page.goto(url);
  const ms = await page.evaluate<number>("window.shown");
  await close();
  return ms;
}

/** Ms from the step to a list until so many of its rows show. */
export async function timeList(browser: Browser, url: string, address: string, rows: number) {
  const { page, close } = await openPage(browser, url);
  await page.locator(".tile-value").first().waitFor();
  const ms = await page.evaluate<number>(`(async () => {
    const from = performance.now();
    location.hash = ${JSON.stringify(address)};
    return await ${noteWhen(".pager, .panel:last-of-type tbody tr", rows)} - from;
  })()`);
  await close();
  return ms;
}

/** What the processes that show pages hold, buffers included. */
export async function residentBytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const held = await Promise.all(renderers.map(({ id }) => readResident(id)));
  return held.reduce((sum, bytes) => sum + bytes, 0);
}

async function readResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

export interface Watching {
  /** The longest task since the watch began. */
  take(): Promise<{ readonly longestMs: number }>;
}

export async function watchTasks(page: Page): Promise<Watching> {
  await page.evaluate(`window.longestMs = 0;
    window.observer?.disconnect();
    window.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longestMs = Math.max(window.longestMs, duration);
    });
    window.observer.observe({ type: "longtask" });`);
  return { take: async () => ({ longestMs: await page.evaluate<number>("window.longestMs") }) };
}
