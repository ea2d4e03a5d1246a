// Settings that write: snippets, secrets, subscriptions, tokens and tasks, by those who may and nobody else.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BROWSER_MS, button, read, startBrowser } from "./browser.ts";
import { playScene, type Scene, TOKENS } from "./scene.ts";

let scene: Scene;
let browser: Browser;
beforeAll(async () => {
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await scene?.[Symbol.asyncDispose]();
});

function enter(tab: string, token: string) {
  return read(browser, `${scene.api.url}/console/#/settings/${tab}`, token);
}

test("a snippet is written, its problem told, saved, changed and removed", async () => {
  const { page, complaints, close } = await enter("snippets", TOKENS.admin);
  await button(page, "New snippet …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("greeting");
  await dialog.getByLabel("Template").fill("Hello {{ customer.name");
  await button(page, "Save 1 snippet").click();
  await dialog.getByRole("alert").getByText("action_invalid").waitFor();
  await dialog.getByLabel("Template").fill("Hello {{ customer.name }}");
  await button(page, "Save 1 snippet").click();
  await page.getByText("{{ snippets.greeting }}").click();
  await button(page, "Change greeting …").click();
  await dialog.getByLabel("Template").fill("Dear {{ customer.name }}");
  await button(page, "Save 1 snippet").click();
  await page.getByText("Dear {{ customer.name }}").waitFor();
  expect(await scene.producer.snippets.get("greeting")).toBe("Dear {{ customer.name }}");
  await button(page, "Remove greeting").click();
  await button(page, "Remove 1 snippet").click();
  await page.getByText("{{ snippets.greeting }}").waitFor({ state: "hidden" });
  expect(await scene.producer.snippets.get("greeting")).toBeNull();
  expect(complaints).toEqual([]);
  await close();
});

test("a secret is stored, replaced and removed, and its value stands nowhere in the page", async () => {
  const { page, complaints, close } = await enter("secrets", TOKENS.admin);
  const dialog = page.getByRole("dialog");
  const names = async () => (await scene.producer.secrets.list()).map(({ name }) => name);
  await button(page, "New secret …").click();
  await dialog.getByLabel("Name").fill("CRM_KEY");
  await dialog.getByLabel("Value").fill("a value that nobody reads back");
  await button(page, "Store 1 secret").click();
  await button(page, "Replace CRM_KEY").click();
  await dialog.getByLabel("Value").fill("another value that nobody reads back");
  await button(page, "Replace 1 secret").click();
  await dialog.waitFor({ state: "hidden" });
  expect(await names()).toContain("CRM_KEY");
  expect(await page.content()).not.toContain("nobody reads back");
  await button(page, "Remove CRM_KEY").click();
  await button(page, "Remove 1 secret").click();
  await button(page, "Replace CRM_KEY").waitFor({ state: "hidden" });
  expect(await names()).not.toContain("CRM_KEY");
  expect(complaints).toEqual([]);
  await close();
});

test("a subscription is made, refused where it names nothing, changed, tested and removed", async () => {
  const { page, go, complaints, close } = await enter("subscriptions", TOKENS.admin);
  const dialog = page.getByRole("dialog");
  await button(page, "New subscription …").click();
  await dialog.getByLabel("Id", { exact: true }).fill("crm");
  await dialog.getByLabel("Delivered by the action").fill("ops-hook");
  await button(page, "Save 1 subscription").click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("run.paused").check();
  await dialog.getByLabel("Outcomes of deliveries").selectOption("some");
  await dialog.getByLabel("Outcome", { exact: true }).selectOption("failed");
  await dialog.getByLabel("With the label").fill("vip");
  await button(page, "Save 1 subscription").click();
  await page.getByText("outcome failed, label vip").waitFor();
  await button(page, "Change crm").click();
  expect(await dialog.getByLabel("run.paused").isChecked()).toBe(true);
  await dialog.getByLabel("run.completed").check();
  await button(page, "Change 1 subscription").click();
  await page.getByRole("cell", { name: "run.completed run.paused" }).waitFor();
  expect(await scene.producer.subscriptions.get("crm")).toMatchObject({
    events: ["run.completed", "run.paused"],
    outcomes: { outcome: "failed", label: "vip" },
  });
  await button(page, "Test crm").click();
  await button(page, "Deliver 1 sample").click();
  await page.getByRole("heading", { name: "Delivery" }).waitFor();
  await go("#/settings/subscriptions");
  await button(page, "Remove crm").click();
  await button(page, "Remove 1 subscription").click();
  await button(page, "Change crm").waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
  await close();
});

test("a token is shown once, lets in as far as it says, and is refused once it is revoked", async () => {
  const { page, complaints, close } = await enter("tokens", TOKENS.admin);
  await button(page, "Make a token …").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("crm sender");
  await button(page, "Make 1 token").click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Name").fill("crm-sender");
  await dialog.getByLabel("Only these actions").fill("welcome");
  await dialog.getByLabel("Only these lanes").fill("bulk");
  await button(page, "Make 1 token").click();
  const token = (await page.locator(".note .data").textContent()) ?? "";
  await eventually(async () =>
    expect((await scene.api.request("GET", "/v1/caller", { token })).json).toMatchObject({
      name: "crm-sender",
      actions: ["welcome"],
      lanes: ["bulk"],
    }),
  );
  await button(page, "I have it").click();
  expect(await page.content()).not.toContain(token);
  await button(page, "Revoke crm-sender").click();
  await button(page, "Revoke 1 token").click();
  await eventually(
    async () => expect((await scene.api.request("GET", "/v1/caller", { token })).status).toBe(401),
    BROWSER_MS,
  );
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByText("token.revoked").first().waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test("a task under way is stopped from the list", async () => {
  const letters = (await scene.producer.deadLetters.list({})).deadLetters;
  expect(letters.length).toBeGreaterThan(3);
  const task = await scene.producer.tasks.begin({ do: "replay", filter: {}, ratePerSecond: 0.1 }, "ops");
  const { page, close } = await enter("tasks", TOKENS.admin);
  await button(page, "Stop replay all").click();
  await button(page, "Stop 1 task").click();
  await eventually(
    async () => expect((await scene.producer.tasks.get(task.id)).state).toBe("stopped"),
    BROWSER_MS,
  );
  await close();
});

test("whoever may only read sees names and no switches", async () => {
  const { page, go, close } = await enter("snippets", TOKENS.reader);
  for (const [tab, known] of [
    ["snippets", "snippets.footer"],
    ["secrets", "SHOP_KEY"],
    ["subscriptions", "ops-hook"],
    ["tasks", "purge"],
  ] as const) {
    await go(`#/settings/${tab}`);
    await page.getByText(known).first().waitFor();
    expect(await page.locator("main button").count(), tab).toBe(0);
  }
  await go("#/runs");
  await page.getByText("win-back").first().waitFor();
  expect(await page.getByRole("link", { name: "New run …" }).count()).toBe(0);
  await go("#/runs/~new");
  await page.getByText("This token may not enqueue.").waitFor();
  await close();
});
