// A run from a file in the console: tried dry, sent in pieces, watched, broken off and gone on with, its
// rejected lines saved.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startBetween } from "./between.ts";
import { BROWSER_MS, button, read, startBrowser } from "./browser.ts";
import { HOSTILE, playScene, type Scene, TOKENS } from "./scene.ts";

let scene: Scene;
let browser: Browser;
let folder: string;
beforeAll(async () => {
  [scene, browser] = await Promise.all([playScene(), startBrowser()]);
  folder = await mkdtemp(join(tmpdir(), "postrider-console-"));
});
afterAll(async () => {
  await browser?.close();
  await scene?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** What stands beside a name among the facts. */
function fact(page: Page, name: string) {
  return page.locator(".facts div", { has: page.getByText(name, { exact: true }) }).locator("dd");
}

async function fill(page: Page, path: string, run: string): Promise<void> {
  await page.getByLabel("Action").selectOption("welcome");
  await page.getByLabel("Customers").setInputFiles(path);
  await page.getByLabel("Run", { exact: true }).fill(run);
}

test("a CSV is tried dry, its mistakes are told, and it is sent, watched, and its rejected lines saved", async () => {
  const { page, complaints, close } = await read(browser, `${scene.api.url}/console/#/runs`, TOKENS.admin);
  const people = Array.from({ length: 40 }, (_, at) => `file-${at * 10},Customer ${at}`);
  const path = await write(
    "people.csv",
    ["id,name", ...people, `lost-1,${HOSTILE}"`, "file-9997,", '"two\nlines",x,y'].join("\r\n"),
  );
  await page.getByRole("link", { name: "New run …" }).click();
  await button(page, "Try it dry").click();
  await page.getByText("Choose the action whose request is sent.").waitFor();
  await fill(page, path, "from-file");
  await button(page, "Try it dry").click();
  await page.getByText("Dry run: nothing was enqueued").waitFor();
  expect(await fact(page, "Would be sent").textContent()).toBe("40");
  expect(await fact(page, "Would fail").textContent()).toBe("1");
  expect(await fact(page, "Rejected lines").textContent()).toBe("2");
  await page.getByText("value_missing").waitFor();
  await page.getByText("/customers/file-0").waitFor();
  expect(await page.locator("#planted").count()).toBe(0);
  await expect(scene.producer.runs.get("from-file")).rejects.toThrow();

  // What was tried is not what the form says any more, until it is tried again.
  await page.getByLabel("Hold it").check();
  await page.getByText("The form was changed since").waitFor();
  expect(await button(page, /^Enqueue 41 deliveries/).count()).toBe(0);
  await page.getByLabel("Hold it").uncheck();
  await button(page, "Try it dry").click();
  await button(page, /^Enqueue 41 deliveries/).click();
  await page.getByText("1 of them fails as the action is now: a dead letter to come.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue 41 deliveries" }).click();
  await page.getByRole("heading", { name: "41 deliveries enqueued", exact: true }).waitFor();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    button(page, "Save them as a file").click(),
  ]);
  expect(saved.suggestedFilename()).toBe("people.rejected.csv");
  expect(await readFile(await saved.path(), "utf8")).toBe(
    `id,name\r\nlost-1,${HOSTILE}"\r\n"two\nlines",x,y\n`,
  );
  await button(page, "Send another file").click();
  expect(await page.getByLabel("Run", { exact: true }).inputValue()).toBe("from-file");
  await eventually(async () => expect(await page.getByLabel("Customers").inputValue()).toBe(""));
  await page.goto(`${scene.api.url}/console/#/runs/from-file`);
  await page.getByText("41 deliveries, all ended").waitFor();
  await eventually(async () =>
    expect(await scene.producer.runs.get("from-file")).toMatchObject({ enqueued: 41, delivered: 40 }),
  );
  expect((await scene.producer.runs.get("from-file")).closedAt).not.toBeNull();
  expect(complaints).toEqual([]);
  await close();
});

test("a packed file of many pieces goes on by itself after the API was away, and nobody gets two requests", async () => {
  let pieces = 0;
  const between = await startBetween(scene.api.url, {
    isCut({ method, url = "" }) {
      if (method !== "POST" || !url.includes("/deliveries?")) return false;
      pieces += 1;
      // In the middle of the file, with a piece on its way.
      if (pieces === 2) between.setAway(true);
      return pieces === 2;
    },
  });
  try {
    const reader = await read(browser, `${between.url}/console/#/runs/~new`, TOKENS.admin);
    const { page, complaints } = reader;
    const people = Array.from(
      { length: 4_000 },
      (_, at) => `{"id":"much-${at}","name":"${"n".repeat(800)}","n":${at}}`,
    );
    await fill(page, await write("many.ndjson.gz", gzipSync(people.join("\n"))), "many");
    await button(page, "Lane, labels, times and data for all").isVisible();
    await page.getByLabel("Hold it").check();
    await button(page, "Enqueue at once …").click();
    await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
    await page.getByText("It goes on by itself.").waitFor();
    await page.getByText("The API does not answer.").waitFor();
    // Elsewhere it goes on all the same.
    await page.getByRole("link", { name: "Actions", exact: true }).click();
    between.setAway(false);
    await eventually(
      async () => expect((await scene.producer.runs.get("many")).enqueued).toBe(4_000),
      BROWSER_MS,
    );
    const report = page.getByRole("link", { name: "The report of the last one, many" });
    // Until the end is told, the way to a new run leads to what is under way.
    await eventually(async () => {
      await page.getByRole("link", { name: "Runs", exact: true }).click();
      await page.getByRole("link", { name: "New run …" }).click();
      await report.waitFor({ timeout: 10_000 });
    }, BROWSER_MS);
    expect(await page.getByLabel("Run", { exact: true }).inputValue()).toBe("");
    await report.click();
    await page.getByRole("heading", { name: "To the run many", exact: true }).waitFor();
    await page.getByRole("heading", { name: /enqueued$/ }).waitFor();
    expect(pieces).toBeGreaterThan(4);
    const run = await scene.producer.runs.get("many");
    expect(run).toMatchObject({ state: "held", enqueued: 4_000, waiting: 4_000 });
    expect(run.closedAt).not.toBeNull();
    expect(complaints).toEqual([]);
    await scene.producer.runs.cancel("many");
    await reader.close();
  } finally {
    await between.close();
  }
});

test("after the page was loaded anew, the same file goes on behind the line that was taken in last", async () => {
  const { page, close } = await read(browser, `${scene.api.url}/console/#/runs/~new`, TOKENS.admin);
  const people = Array.from({ length: 2_600 }, (_, at) => `{"id":"again-${at}","name":"${"n".repeat(800)}"}`);
  const path = await write("again.ndjson", `${people.join("\n")}\n`);
  await fill(page, path, "again");
  await page.getByLabel("Hold it").check();
  await button(page, "Enqueue at once …").click();
  // What comes behind the first piece never arrives.
  let sent = 0;
  await page.route(/\/deliveries\?/, async (route) => {
    sent += 1;
    if (sent > 1) return route.abort();
    return route.continue();
  });
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  await page.getByText("It goes on by itself.").waitFor();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.unroute(/\/deliveries\?/);
  await page.reload();
  await page.getByText(/all up to line 1,2\d\d is enqueued/).waitFor();
  await page.getByLabel("The same file").setInputFiles(await write("other.ndjson", "{}\n"));
  await page.getByText("That is not again.ndjson as it was").waitFor();
  await page.getByLabel("The same file").setInputFiles(path);
  await page.getByRole("heading", { name: /^1,3\d\d deliveries enqueued$/ }).waitFor();
  expect(await fact(page, "Known before").textContent()).toBe("0");
  expect((await scene.producer.runs.get("again")).enqueued).toBe(2_600);
  await scene.producer.runs.cancel("again");
  await close();
});

test("a pause takes in the piece that is on its way, and nothing more until its reader goes on", async () => {
  const { page, complaints, close } = await read(
    browser,
    `${scene.api.url}/console/#/runs/~new`,
    TOKENS.admin,
  );
  const people = Array.from({ length: 2_600 }, (_, at) => `{"id":"slow-${at}","name":"${"n".repeat(800)}"}`);
  await fill(page, await write("slow.ndjson", people.join("\n")), "slow");
  await page.getByLabel("Hold it").check();
  let pieces = 0;
  let letGo: () => void = () => undefined;
  await page.route(/\/deliveries\?/, async (route) => {
    pieces += 1;
    if (pieces === 1)
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    await route.continue();
  });
  await button(page, "Enqueue at once …").click();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  await eventually(async () => expect(pieces).toBe(1));
  await button(page, "Pause").click();
  letGo();
  await page.getByRole("heading", { name: /^1,2\d\d deliveries enqueued so far$/ }).waitFor();
  await button(page, "Go on").waitFor();
  expect(pieces).toBe(1);
  await button(page, "Go on").click();
  await page.getByRole("heading", { name: "2,600 deliveries enqueued", exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await scene.producer.runs.cancel("slow");
  await close();
});

test("what the API refuses is told where the file stands, and nothing is lost by going on", async () => {
  const { page, close } = await read(browser, `${scene.api.url}/console/#/runs/~new`, TOKENS.admin);
  await fill(page, await write("one.ndjson", '{"id":"one","name":"x"}\n'), "win-back");
  await page.getByLabel("Action").selectOption("crm-sync");
  await button(page, "Enqueue at once …").click();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  await page.getByText("run_mismatch").waitFor();
  await button(page, "Stop").click();
  await button(page, "Try it dry").waitFor();
  expect(await page.getByLabel("Action").inputValue()).toBe("crm-sync");
  expect(await page.getByLabel("Customers").inputValue()).toContain("one.ndjson");
  await close();
});

test("a name that no run can have is told beforehand, and what is refused for good leads back to the form", async () => {
  const { page, close } = await read(browser, `${scene.api.url}/console/#/runs/~new`, TOKENS.admin);
  await fill(page, await write("bad.ndjson", '{"id":"bad","name":"x"}\n'), "autumn news");
  await page.getByText("No run can have this name.").waitFor();
  await button(page, "Try it dry").click();
  await page.getByText('Run: "autumn news" must be 1 to 100 of').waitFor();
  await page.getByLabel("Run", { exact: true }).fill("refused");
  await page.getByText("Lane, labels, times and data for all").click();
  await page.getByLabel("Lane", { exact: true }).fill("no lane");
  await page.getByLabel("Hold it").check();
  await button(page, "Enqueue at once …").click();
  await page.getByRole("dialog").getByRole("button", { name: "Enqueue the file" }).click();
  await button(page, "Change it").waitFor();
  expect(await button(page, "Go on").count()).toBe(0);
  expect(await page.getByRole("link", { name: "Watch the run" }).count()).toBe(0);
  expect(await page.getByText("closing this tab stops it").count()).toBe(0);
  // Elsewhere and back: what was asked is still there.
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("link", { name: "New run …" }).click();
  await button(page, "Change it").click();
  await button(page, "Try it dry").waitFor();
  expect(await page.getByLabel("Action").inputValue()).toBe("welcome");
  expect(await page.getByLabel("Run", { exact: true }).inputValue()).toBe("refused");
  expect(await page.getByLabel("Customers").inputValue()).toContain("bad.ndjson");
  expect(await page.getByLabel("Hold it").isChecked()).toBe(true);
  await close();
});
