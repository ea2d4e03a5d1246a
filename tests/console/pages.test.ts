// Every page of the console over a running installation with faults, wide and narrow, light and dark: nothing
// that axe-core takes seriously, nothing that sticks out, and no stranger's text that becomes markup.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/processes.ts";
import { BROWSER_MS, type Look, read, startBrowser } from "./browser.ts";
import { HOSTILE, playScene, type Scene, TOKENS } from "./scene.ts";

/** Where pictures of the pages are put, for whoever wants to look. */
const PICTURES = join(ROOT, "node_modules", ".cache", "console");

/** Those that documents show. */
const KEPT: Readonly<Record<string, string>> = {
  home: join(ROOT, "docs", "console.png"),
  "action-edit": join(ROOT, "docs", "composer.png"),
};

/** Told to draw, the test draws every page in every look; else it only looks at them. */
const IS_DRAWN = process.env["PICTURES"] === "1";

const LOOKS: Readonly<Record<string, Look>> = {
  "wide-light": { colorScheme: "light", width: 1_280 },
  "narrow-dark": { colorScheme: "dark", width: 360 },
  ...(IS_DRAWN && {
    "wide-dark": { colorScheme: "dark", width: 1_280 },
    "narrow-light": { colorScheme: "light", width: 360 },
  }),
};

let scene: Scene;
let browser: Browser;
beforeAll(async () => {
  await mkdir(PICTURES, { recursive: true });
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await scene?.[Symbol.asyncDispose]();
});

/** The address of each page, with something that stands there once it is whole. */
function addresses(): Readonly<Record<string, readonly [address: string, shown: string]>> {
  const { delivered, dead, waiting } = scene.deliveries;
  const crm = encodeURIComponent(scene.receivers.crm.url);
  return {
    home: ["#/", "fails"],
    runs: ["#/runs", "autumn-newsletter"],
    run: ["#/runs/autumn-newsletter", "What the latest of them met"],
    "run-new": ["#/runs/~new", "Try it dry"],
    deliveries: ["#/deliveries", "Find deliveries"],
    "deliveries-of-one": [`#/deliveries?customer=${encodeURIComponent(HOSTILE)}`, "‹U+202E›evil‹U+0007›"],
    delivery: [`#/deliveries/${dead}`, "As a curl line"],
    "delivery-delivered": [`#/deliveries/${delivered}`, "accepted the request"],
    "delivery-waiting": [`#/deliveries/${waiting}`, "As a curl line"],
    "dead-letters": ["#/dead-letters", "What they have in common"],
    "dead-letters-of-one": ["#/dead-letters?reason=reply_4xx", "What the latest of them met"],
    destinations: ["#/destinations", "circuit open"],
    destination: [`#/destinations/${crm}`, "wait for it"],
    actions: ["#/actions?archived=true", "old-coupon"],
    action: ["#/actions/welcome", "with its defaults"],
    "action-versions": ["#/actions/welcome?tab=versions", "What differs"],
    "action-try": ["#/actions/welcome?tab=try", "Where each value lands"],
    "action-edit": ["#/actions/birthday?tab=edit", "1 of 2 requests would fail"],
    "action-document": ["#/actions/welcome?tab=edit&view=document", "Where each value lands"],
    "action-test": ["#/actions/welcome?tab=edit&side=test", "Where each value lands"],
    "action-examples": ["#/actions/welcome?tab=edit&side=examples", "Where each value lands"],
    "request-bin": ["#/actions/~bin", "into-the-bin"],
    "action-new": ["#/actions/~new", "Where each value lands"],
    tasks: ["#/settings", "purge"],
    subscriptions: ["#/settings/subscriptions", "ops-hook"],
    snippets: ["#/settings/snippets", "snippets.footer"],
    secrets: ["#/settings/secrets", "SHOP_KEY"],
    tokens: ["#/settings/tokens", "Make a token"],
    audit: ["#/settings/audit", "secret.saved"],
    nowhere: ["#/nowhere", "Nothing stands"],
  };
}

/** What is still asked for, and charts that are not drawn yet. */
const UNFINISHED = `document.querySelectorAll(".loading").length +
  [...document.querySelectorAll(".chart-place")].filter((place) => place.querySelector("canvas") === null).length`;

/** What depends on measures, as whether a table can be scrolled, is known once they have been drawn. */
const DRAWN = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";

/** The rules of WCAG 2.2, A and AA; passes are of no interest, and cost most of the time. */
const AXE = `axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
})`;

interface Found {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

test.each(Object.entries(LOOKS))("every page is sound and whole: %s", async (name, look) => {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const reader = await read(browser, `${scene.api.url}/console/`, TOKENS.admin, look);
  const { page, complaints } = reader;
  await page.evaluate(axe);
  for (const [title, [address, shown]] of Object.entries(addresses())) {
    await reader.go(address);
    await page.getByText(shown).first().waitFor();
    // A rate needs two looks.
    if (title === "home") await page.locator(".tile-value", { hasText: "/s" }).first().waitFor();
    await eventually(async () => expect(await page.evaluate(UNFINISHED)).toBe(0), BROWSER_MS);
    await page.evaluate(DRAWN);
    if (IS_DRAWN) await page.screenshot({ path: join(PICTURES, `${title}-${name}.png`), fullPage: true });
    const kept = KEPT[title];
    if (IS_DRAWN && kept !== undefined && name === "wide-light") await page.screenshot({ path: kept });
    const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(sideways, `${title} sticks out at ${look.width} px`).toBeLessThanOrEqual(0);
    expect(await page.locator("#planted, #sown").count(), `${title} takes data for markup`).toBe(0);
    // Marks that turn text around, and controls, are shown by their number wherever they come from.
    expect(await page.evaluate("/[\\u202e\\u0007]/.test(document.body.innerText)"), title).toBe(false);
    const { violations } = (await page.evaluate(AXE)) as { violations: readonly Found[] };
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(
      serious.map(
        ({ id, nodes }) =>
          `${title}: ${id}: ${nodes.map((one) => `${one.html} ${one.failureSummary}`).join("\n")}`,
      ),
    ).toEqual([]);
  }
  expect(complaints).toEqual([]);
  await reader.close();
});
