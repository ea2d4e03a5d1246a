// What readers do in the console, in a real browser over a running installation: with the keyboard alone,
// with the back button, with a token that may only read, that is narrowed or revoked, and while the API is
// away.

import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker } from "@postrider/worker/worker";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { startBetween } from "./between.ts";
import { BROWSER_MS, button, type Reader, read, startBrowser } from "./browser.ts";
import { playScene, type Scene, TOKENS } from "./scene.ts";

let scene: Scene;
let browser: Browser;
let readers: Reader[] = [];
beforeAll(async () => {
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
});
afterEach(async () => {
  await Promise.all(readers.map(({ close }) => close()));
  readers = [];
});
afterAll(async () => {
  await browser?.close();
  await scene?.[Symbol.asyncDispose]();
});

async function enter(token: string | null, url = `${scene.api.url}/console/`): Promise<Reader> {
  const reader = await read(browser, url, token);
  readers.push(reader);
  return reader;
}

/** Presses a key until what is to have the focus has it. */
async function pressUntil(page: Page, key: string, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    const focused = await page.evaluate("document.activeElement.textContent");
    if (focused === name) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} never comes to ${name}`);
}

test("with the keyboard alone a held run is released, and the question names how many that hits", async () => {
  const { page, complaints } = await enter(TOKENS.admin);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await pressUntil(page, "Tab", "Runs");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Runs" }).waitFor();
  await page.getByRole("link", { name: "spring-sale" }).waitFor();
  await pressUntil(page, "Tab", "spring-sale");
  await page.keyboard.press("Enter");
  await button(page, "Release").waitFor();
  await pressUntil(page, "Tab", "Release");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("25 deliveries will be sent.").waitFor();
  // Asked again before the browser has told that the question before is closed.
  await page.evaluate(`document.querySelector("dialog").close();
    [...document.querySelectorAll("button")].find((one) => one.textContent === "Release").click()`);
  await dialog.getByText("25 deliveries will be sent.").waitFor();
  await page.keyboard.press("Escape");
  expect((await scene.producer.runs.get("spring-sale")).state).toBe("held");
  await eventually(async () =>
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Release"),
  );
  await page.keyboard.press("Enter");
  await dialog.getByText("25 deliveries will be sent.").waitFor();
  await pressUntil(page, "Tab", "Release 25 deliveries");
  await page.keyboard.press("Enter");
  await page.getByText("25 deliveries, all ended").waitFor();
  expect((await scene.producer.runs.get("spring-sale")).delivered).toBeGreaterThan(20);
  expect(complaints).toEqual([]);
});

test("filters stand in the address: a link leads to the same, and the back button undoes them", async () => {
  const { page } = await enter(TOKENS.reader);
  await page.getByRole("link", { name: "Dead letters", exact: true }).first().click();
  await page.getByLabel("Run", { exact: true }).fill("win-back");
  await button(page, "Find").click();
  await page.getByRole("heading", { name: "Those of run win-back" }).waitFor();
  const link = page.url();
  expect(link).toMatch(/#\/dead-letters\?run=win-back$/);
  const { page: other } = await enter(TOKENS.reader, link);
  await other.getByRole("heading", { name: "Those of run win-back" }).waitFor();
  expect(await other.getByLabel("Run", { exact: true }).inputValue()).toBe("win-back");
  await page.goBack();
  await page.getByRole("heading", { name: "The newest first" }).waitFor();
  expect(await page.getByLabel("Run", { exact: true }).inputValue()).toBe("");
});

test("a sample of dead letters is replayed, then all of a filter at a rate, as a task that is watched", async () => {
  const { page, complaints } = await enter(
    TOKENS.admin,
    `${scene.api.url}/console/#/dead-letters?run=win-back`,
  );
  await button(page, "Replay a sample").click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Replay 4 letters$/ })
    .click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  const letters = async () => (await scene.producer.deadLetters.list({ run: "win-back" })).deadLetters.length;
  // They are refused again.
  await eventually(async () => expect(await letters()).toBe(4), BROWSER_MS);
  const { action } = await scene.producer.actions.get("welcome");
  await scene.producer.actions.apply({ ...action, timeoutMs: 9_000 });
  await button(page, /^Replay all/).click();
  await page.getByText("welcome@2 is at version 3 now.").waitFor();
  expect(await page.getByLabel("Composed with").inputValue()).toBe("present");
  await page.getByLabel("Letters a second, at most").fill("50");
  await page.getByRole("dialog").getByRole("button", { name: "Replay 4 letters" }).click();
  await page.getByText("4 replayed").first().waitFor();
  expect(page.url()).toMatch(/#\/settings\/tasks\//);
  await page.getByRole("link", { name: "see what became of them" }).waitFor();
  expect((await scene.producer.tasks.list(1))[0]).toMatchObject({
    do: "replay",
    presentVersion: true,
    ratePerSecond: 50,
    by: "ops",
  });
  expect(complaints).toEqual([]);
});

test("a destination is limited for a time and paused; what the API refuses is told where it was asked", async () => {
  const crm = scene.receivers.crm.url;
  const { page } = await enter(
    TOKENS.admin,
    `${scene.api.url}/console/#/destinations/${encodeURIComponent(crm)}`,
  );
  await button(page, "Limit …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Requests a second").fill("20");
  await dialog.getByLabel("For", { exact: true }).fill("soon");
  await button(page, "Limit").click();
  await dialog.getByRole("alert").getByText("request_invalid").waitFor();
  await dialog.getByLabel("For", { exact: true }).fill("2h");
  await button(page, "Limit").click();
  await page.getByText("by operator").waitFor();
  await button(page, "Pause …").click();
  await dialog.getByRole("button", { name: /^Pause 41 deliveries$/ }).click();
  await page.locator("h1 + .badge", { hasText: "paused" }).waitFor();
  expect(await scene.producer.destinations.show(crm)).toMatchObject({
    isPaused: true,
    limits: { ratePerSecond: 20 },
  });
});

test("whoever may only read is shown nothing to press that changes anything, and no tokens", async () => {
  const { page, go } = await enter(TOKENS.reader);
  const pages = [
    "#/runs/spring-sale",
    `#/deliveries/${scene.deliveries.dead}`,
    "#/dead-letters",
    "#/actions/welcome",
  ];
  for (const address of [...pages, `#/destinations/${encodeURIComponent(scene.receivers.shop.url)}`]) {
    await go(address);
    await page.locator("h1").first().waitFor();
    await eventually(async () => expect(await page.locator(".loading").count()).toBe(0), BROWSER_MS);
    expect(await page.locator(".page-head .actions button").count(), address).toBe(0);
  }
  await go("#/settings");
  await page.getByRole("link", { name: "Subscriptions" }).waitFor();
  expect(await page.getByRole("link", { name: "Tokens" }).count()).toBe(0);
});

test("a narrowed token sees what it reaches, and is told why of the rest", async () => {
  const { page, go } = await enter(TOKENS.narrow);
  await page.getByText("narrowed to actions or lanes").first().waitFor();
  await go("#/actions");
  await page.getByRole("link", { name: "welcome", exact: true }).waitFor();
  expect(await page.getByText("crm-sync").count()).toBe(0);
});

test("without a token there is a door; one that is revoked leads back to it, and in again to the same page", async () => {
  const made = await scene.producer.tokens.create({ name: "guest", scopes: ["read"] });
  const { page, complaints } = await enter(null, `${scene.api.url}/console/#/runs/win-back`);
  await page.getByLabel("Token").fill("no such token");
  await button(page, "Sign in").click();
  await page.getByText("That is no token").waitFor();
  await page.getByLabel("Token").fill("x".repeat(40));
  await button(page, "Sign in").click();
  await page.getByText("the token is unknown").waitFor();
  await page.getByLabel("Token").fill(made.token);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "win-back" }).waitFor();
  expect(await page.evaluate("Object.keys(localStorage).length + document.cookie.length")).toBe(0);
  await scene.producer.tokens.revoke(made.id);
  await page.getByText("was revoked").waitFor();
  await page.getByLabel("Token").fill(TOKENS.reader);
  await button(page, "Sign in").click();
  await page.getByRole("heading", { name: "win-back" }).waitFor();
  expect(complaints).toEqual([]);
});

test("under another path, and while the API is away: what was known last stays, and goes on by itself", async () => {
  const between = await startBetween(scene.api.url, { base: "/ops/postrider" });
  try {
    const { page, complaints } = await enter(TOKENS.admin, `${between.url}/console`);
    await page.getByText("Shared lanes").first().waitFor();
    between.setAway(true);
    await page.getByText("The API does not answer.").waitFor();
    expect(await page.getByRole("heading", { name: "Shared lanes" }).count()).toBe(1);
    between.setAway(false);
    await page.getByText("The API does not answer.").waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
  } finally {
    await between.close();
  }
});

test("the first visit leads from nothing to a run that was delivered, without a receiver of one's own", async () => {
  await using api = await startApi({ POSTRIDER_KEY_PREFIX: "empty" });
  const { page, complaints } = await enter(null, `${api.url}/console/`);
  await page.getByText("No worker is running").first().waitFor();
  const environment = {
    ...LOOPBACK,
    POSTRIDER_KEY_PREFIX: "empty",
    POSTRIDER_REDIS_URL: api.redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
  };
  const { log } = createLogger({ level: "silent", format: "json" });
  const worker = await createWorker(readSettings(environment), log);
  const running = worker.run();
  try {
    await page.getByText("Nothing was enqueued yet").waitFor();
    await button(page, "make one to practise with").click();
    await button(page, "Save the action").click();
    await page.getByRole("link", { name: "Try practice" }).waitFor();
    await page.locator(".steps li.done", { hasText: "Write another one" }).waitFor();
    await page.getByRole("link", { name: "With two customers, or a file" }).click();
    await button(page, "Try it dry").click();
    await button(page, /^Enqueue 2 deliveries/).click();
    await page.getByRole("dialog").getByRole("button", { name: "Enqueue 2 deliveries" }).click();
    await page.getByRole("link", { name: "Watch the run" }).click();
    await page.getByText("2 deliveries, all ended").waitFor();
    expect((await api.producer.runs.list(1))[0]).toMatchObject({ delivered: 2, failed: 0 });
    expect(complaints).toEqual([]);
  } finally {
    await worker.close();
    await running;
  }
});
