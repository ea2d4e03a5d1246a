// What happens while the console is open: two tabs, a stream that breaks, tabs that nobody looks at, tokens
// that expire, an API that is started anew.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Between, startBetween } from "./between.ts";
import { BROWSER_MS, type Reader, read, startBrowser } from "./browser.ts";
import { playScene, type Scene, TOKENS } from "./scene.ts";

let scene: Scene;
let browser: Browser;
let between: Between;
beforeAll(async () => {
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
  between = await startBetween(scene.api.url);
});
afterAll(async () => {
  await browser?.close();
  await between?.close();
  await scene?.[Symbol.asyncDispose]();
});

/** What the page says was ever enqueued. */
function enqueued(page: Page, count: number) {
  return page.locator(".tile", { hasText: "Enqueued" }).getByText(`${count} in all`);
}

async function enqueueOne(): Promise<number> {
  await scene.producer.enqueue({ action: "welcome", customer: { id: `live-${Math.random()}` } });
  return (await scene.producer.overview([])).enqueued;
}

async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"))`);
}

test("each tab has one stream while it is looked at, goes on after a break, and shows what others do", async () => {
  const { page, context, complaints, close } = await read(browser, `${between.url}/console/`, TOKENS.admin);
  await page.getByText("Shared lanes").first().waitFor();
  const other = await context.newPage();
  await other.goto(`${between.url}/console/`);
  await other.getByText("Shared lanes").first().waitFor();
  expect(between.streams()).toBe(2);

  const many = await enqueueOne();
  await Promise.all([enqueued(page, many).waitFor(), enqueued(other, many).waitFor()]);

  between.breakStreams();
  const more = await enqueueOne();
  await Promise.all([enqueued(page, more).waitFor(), enqueued(other, more).waitFor()]);

  await setHidden(other, true);
  await eventually(async () => expect(between.streams()).toBe(1));
  await setHidden(other, false);
  await eventually(async () => expect(between.streams()).toBe(2));
  await page.getByRole("button", { name: "Live" }).click();
  await eventually(async () => expect(between.streams()).toBe(1));
  await page.getByRole("button", { name: "Paused" }).click();

  // Whatever page it is, what is done in one tab is seen in the other.
  await page.evaluate('location.hash = "#/runs/spring-sale"');
  await other.evaluate('location.hash = "#/runs/spring-sale"');
  await other.getByRole("button", { name: "Cancel" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel 25 deliveries" }).click();
  await other.locator("h1 + .badge", { hasText: "cancelled" }).waitFor();
  await eventually(async () => expect(between.streams()).toBe(0));
  expect(complaints).toEqual([]);
  await close();
});

test("an API that is away and comes back: what was known stays, and goes on by itself", async () => {
  const { page, go, complaints, close } = await read(browser, `${between.url}/console/`, TOKENS.admin);
  await page.getByText("Shared lanes").first().waitFor();
  for (const [address, known] of [
    ["#/", "Shared lanes"],
    ["#/dead-letters", "What they have in common"],
  ] as const) {
    await go(address);
    await page.getByText(known).first().waitFor();
    between.setAway(true);
    await page.getByText("The API does not answer.").waitFor();
    expect(await page.getByText(known).count()).toBeGreaterThan(0);
    between.setAway(false);
    await page.getByText("The API does not answer.").waitFor({ state: "hidden" });
  }
  expect(complaints).toEqual([]);
  await close();
});

test("behind a proxy that keeps streams back, home is up to date all the same", async () => {
  between.setGathering(true);
  const { page, complaints, close } = await read(browser, `${between.url}/console/`, TOKENS.admin);
  await page.getByText("Shared lanes").first().waitFor();
  await enqueued(page, await enqueueOne()).waitFor({ timeout: 2 * BROWSER_MS });
  between.setGathering(false);
  between.breakStreams();
  expect(complaints).toEqual([]);
  await close();
});

/** A page of a token that lasts so long; null: it had expired before the page was there. */
async function openBriefly(lastsMs: number): Promise<Reader | null> {
  const expiresAt = new Date(Date.now() + lastsMs).toISOString();
  const { token } = await scene.producer.tokens.create({ name: "brief", scopes: ["read"], expiresAt });
  await eventually(async () =>
    expect((await scene.api.request("GET", "/v1/caller", { token })).status).toBe(200),
  );
  const reader = await read(browser, `${scene.api.url}/console/#/`, token);
  const known = reader.page.getByText("Shared lanes").first();
  const expired = reader.page.getByText("has expired").first();
  await known.or(expired).waitFor();
  if ((await expired.count()) === 0) return reader;
  await reader.close();
  return null;
}

test("a token that expires while the page is open leads to the door, and in again to the same page", async () => {
  const { page, complaints, close } =
    (await openBriefly(6_000)) ?? (await openBriefly(60_000)) ?? expect.fail("no page before its end");
  await page.getByText("has expired").waitFor({ timeout: 90_000 });
  expect(await page.evaluate("document.body.innerText")).not.toContain("Shared lanes");
  await page.getByLabel("Token").fill(TOKENS.reader);
  await page.keyboard.press("Enter");
  await page.getByText("Shared lanes").first().waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test("a file under way survives a token that is revoked: signed in again, its reader goes on with it", async () => {
  const { token, id } = await scene.producer.tokens.create({ name: "sender", scopes: ["manage"] });
  await eventually(async () =>
    expect((await scene.api.request("GET", "/v1/caller", { token })).status).toBe(200),
  );
  const { page, close } = await read(browser, `${scene.api.url}/console/#/runs/~new`, token);
  await page.getByLabel("Action").selectOption("welcome");
  const people = Array.from({ length: 3_000 }, (_, at) => `{"id":"tok-${at}","name":"${"n".repeat(800)}"}`);
  await page
    .getByLabel("Customers")
    .setInputFiles({ name: "people.ndjson", mimeType: "text/plain", buffer: Buffer.from(people.join("\n")) });
  await page.getByLabel("Run", { exact: true }).fill("handed-on");
  await page.getByLabel("Hold it").check();
  let pieces = 0;
  await page.route(/\/deliveries\?/, async (route) => {
    pieces += 1;
    if (pieces === 2) {
      await scene.producer.tokens.revoke(id);
      await eventually(async () =>
        expect((await scene.api.request("GET", "/v1/caller", { token })).status).toBe(401),
      );
    }
    await route.continue();
  });
  await page.getByRole("button", { name: "Enqueue at once …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  await page.getByLabel("Token").fill(TOKENS.admin);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "3,000 deliveries enqueued", exact: true }).waitFor();
  await eventually(
    async () => expect((await scene.producer.runs.get("handed-on")).enqueued).toBe(3_000),
    BROWSER_MS,
  );
  await scene.producer.runs.cancel("handed-on");
  await close();
});
