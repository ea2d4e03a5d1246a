// Debian's Chromium, as a reader's browser: what the page writes to its console as an error, and each request
// that leaves the API's origin, is kept and held against it.

import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { provide } from "../monitoring/live/programs.ts";

export interface Reader {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts and of the content security policy, and requests to strangers. */
  readonly complaints: readonly string[];
  /** Goes to a page of the console; the address is what stands behind `#`. */
  go(address: string): Promise<void>;
  close(): Promise<void>;
}

export interface Look {
  readonly colorScheme: "light" | "dark";
  readonly width: number;
}

export const WIDE: Look = { colorScheme: "light", width: 1_280 };

/** Beyond it a browser that is there has given up. */
export const BROWSER_MS = 120_000;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: provide("chromium", "chromium"), args: ["--no-sandbox"] });
}

/** By its whole name, where that is a text. */
export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) });
}

/** @param consoleUrl ends with `/console/`. @param token put where the console keeps it; null: none. */
export async function read(
  browser: Browser,
  consoleUrl: string,
  token: string | null,
  { colorScheme, width }: Look = WIDE,
): Promise<Reader> {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: 900 },
    reducedMotion: "reduce",
  });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(BROWSER_MS);
  const { origin } = new URL(consoleUrl);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asks ${request.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // Answers of 4xx and 5xx, and an API that is away, are part of some tests.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
      complaints.push(message.text());
  });
  if (token !== null)
    await context.addInitScript(`sessionStorage.setItem("postrider.token", ${JSON.stringify(token)})`);
  await page.goto(consoleUrl);
  return {
    page,
    context,
    complaints,
    async go(address) {
      await page.evaluate(`location.hash = ${JSON.stringify(address)}`);
    },
    close: () => context.close(),
  };
}
