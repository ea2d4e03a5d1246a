// What a delivery's page says, in a real browser: only what is known of one that was delivered, the
// receiver's own words for one that failed, and a replay in its place in time.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BROWSER_MS, type Reader, read, startBrowser } from "./browser.ts";
import { playScene, type Scene, TOKENS } from "./scene.ts";

let scene: Scene;
let browser: Browser;
let reader: Reader;
beforeAll(async () => {
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
  reader = await read(browser, `${scene.api.url}/console/`, TOKENS.admin);
});
afterAll(async () => {
  await reader?.close();
  await browser?.close();
  await scene?.[Symbol.asyncDispose]();
});

function fact(name: string) {
  return reader.page.locator("dl.facts > div", { has: reader.page.getByText(name, { exact: true }) });
}

test("of a delivered one its outcome tells the customer, the action and the run; the rest is not kept", async () => {
  await reader.go(`#/deliveries/${scene.deliveries.delivered}`);
  await fact("Customer").getByRole("link", { name: "good " }).waitFor();
  await fact("Action").getByRole("link", { name: "loyalty-points@1" }).waitFor();
  for (const name of ["Lane", "Expires", "Idempotency key"])
    await fact(name).getByText("not kept after delivery").waitFor();
  await reader.page.getByText("Delivered after 1 attempt.").waitFor();
});

test("a failure shows the receiver's words, and a replay stands between the attempts", async () => {
  const { page, go } = reader;
  await go(`#/deliveries/${scene.deliveries.dead}`);
  const steps = page.locator("ol.timeline > li");
  await page.getByLabel("Body of the reply").getByText("why").waitFor();
  expect(await steps.locator("strong").allInnerTexts()).toEqual(["Enqueued", "Attempt 1", "Next"]);
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await page.getByText("No action has a newer version").waitFor();
  await page.getByRole("button", { name: "Replay 1 delivery" }).click();
  const heads = ["Attempt 1", "Replayed", "Attempt 1", "Next"];
  await eventually(
    async () => expect(await steps.locator("strong").allInnerTexts()).toEqual(heads),
    BROWSER_MS,
  );
  await fact("Replayed").waitFor();
});

test("a run's counts of what has ended lead to those deliveries", async () => {
  await reader.go("#/runs/autumn-newsletter");
  await fact("Failed").getByRole("link").click();
  await reader.page.getByRole("heading", { name: "Deliveries", exact: true }).waitFor();
  expect(reader.page.url()).toMatch(/#\/deliveries\?run=autumn-newsletter&outcome=failed$/);
});
