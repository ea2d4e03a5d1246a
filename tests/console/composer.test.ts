// The composer in a real browser over a running installation: an action is written, its problem told where it
// stands, mended, previewed, sent into the request bin and saved; by its fields or as a document; from what
// is there already; and while somebody else saves the same.

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BROWSER_MS, button, type Reader, read, startBrowser } from "./browser.ts";
import { HOSTILE, playScene, type Scene, TOKENS } from "./scene.ts";

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

async function open(address: string, token: string = TOKENS.admin): Promise<Reader> {
  const reader = await read(browser, `${scene.api.url}/console/${address}`, token);
  readers.push(reader);
  return reader;
}

const editor = (page: Page, label: string) => page.getByRole("textbox", { name: label, exact: true });
const standing = (page: Page, text: string) => page.locator(".standing", { hasText: text }).waitFor();

const IS_OUTCOME_SEEN =
  "document.querySelector('.outcome').getBoundingClientRect().top < window.innerHeight / 2";

test("an action is written, its problem is told where it stands, mended, sent into the bin, and saved", async () => {
  const { page, complaints } = await open("#/actions/~new");
  await page.getByLabel("Id", { exact: true }).fill("thanks");
  await editor(page, "URL").fill(`${scene.receivers.shop.url}/thanks/{{ customer.id }}`);
  const body = editor(page, "Body, as JSON");
  await body.fill('{"name": "{{ customer.name | upcasse }}"}');
  await page.getByText("upcasse").last().waitFor();
  await page.locator(".cm-lintRange-error", { hasText: "customer.name" }).waitFor();
  await standing(page, "1 problem");
  expect(await button(page, "Save …").isDisabled()).toBe(true);

  await body.fill('{"name": "{{ customer.name | upcase }}", "plan": "{{ customer.plan }}"}');
  await page.getByText("customer.plan is missing", { exact: false }).first().waitFor();
  await page.getByText("1 of 2 requests would fail").waitFor();
  // Those that fail come first.
  expect(await page.locator(".composer-side details summary").nth(2).textContent()).toContain("c-4712");
  await body.fill(
    '{"name": "{{ customer.name | upcase }}", "plan": "{{ customer.plan | default: "none" }}"}',
  );
  await standing(page, "sound for 2 customers");
  await page.getByText("in a JSON string: JSON-escaped").first().waitFor();

  await page.getByRole("link", { name: "Test send" }).click();
  await button(page, "Send into the bin").click();
  await page.getByText("What arrived in the request bin").waitFor();
  await page.getByRole("status").filter({ hasText: "answered 200" }).waitFor({ state: "attached" });
  await eventually(async () => expect(await page.evaluate(IS_OUTCOME_SEEN)).toBe(true), BROWSER_MS);
  await page.getByText("POST /thanks/c-4711 HTTP/1.1").waitFor();
  await page.getByText('{"name": "ADA", "plan": "gold"}').waitFor();
  expect(scene.receivers.shop.requests.some(({ path }) => path.startsWith("/thanks"))).toBe(false);
  await page.getByText("The action's own address").click();
  await button(page, "Test send …").click();
  await button(page, "Send 1 request").click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  expect(scene.receivers.shop.requests.some(({ path }) => path === "/thanks/c-4711")).toBe(true);

  await button(page, "Save …").click();
  await button(page, "Save the action").click();
  await page.getByText("Saved as version 1.").waitFor();
  expect((await scene.producer.actions.get("thanks")).action).toMatchObject({ method: "POST" });
  await page.getByRole("link", { name: "Send a run …" }).click();
  await eventually(
    async () => expect(await page.getByLabel("Action", { exact: true }).inputValue()).toBe("thanks"),
    BROWSER_MS,
  );
  expect(complaints).toEqual([]);
});

test("filters, tags and the samples' attributes are offered, by keyboard alone, and Tab leaves the editor", async () => {
  const { page, complaints } = await open("#/actions/~new");
  const body = editor(page, "Body, as JSON");
  await body.fill("");
  await body.press("Control+a");
  // What has not been read yet is offered to nobody, and is not offered later to what was typed before.
  await page.getByText("2 customers", { exact: true }).waitFor();
  await page.keyboard.type('{"a": "{{ customer.na');
  const offered = page.locator(".cm-tooltip-autocomplete");
  await offered.getByText("Ada").waitFor();
  await page.keyboard.press("Enter");
  // What stands in no template is nobody's to complete.
  expect(await body.textContent()).toContain("{{ customer.name");
  await page.keyboard.type(" | upca");
  await offered.getByText("Upper case.").waitFor();
  await page.keyboard.press("Enter");
  await eventually(
    async () => expect(await body.textContent()).toContain("customer.name | upcase"),
    BROWSER_MS,
  );
  await page.keyboard.press("Control+End");
  await page.keyboard.type("{% generate");
  await offered.getByText("generate_uuid").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await eventually(
    async () => expect(await page.evaluate("document.activeElement.closest('.code-place')")).toBe(null),
    BROWSER_MS,
  );
  expect(complaints).toEqual([]);
});

test("who writes before the editor has loaded goes on writing in it", async () => {
  const { page } = await open("#/actions");
  let load = (): void => undefined;
  const isWanted = new Promise<void>((resolve) => (load = resolve));
  await page.route(/\/code-editor-[^/]*\.js/, async (route) => {
    await isWanted;
    await route.continue();
  });
  await page.evaluate("location.hash = '#/actions/~new'");
  const body = editor(page, "Body, as JSON");
  await body.fill('{"a": "here"}');
  for (let key = 0; key < 6; key++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("w");
  load();
  await page.locator(".code-place .cm-content").first().waitFor();
  await page.keyboard.type("as ");
  await eventually(async () => expect(await body.textContent()).toContain('{"a": "was here"}'), BROWSER_MS);
});

// The editor as CodeMirror keeps it beside its element: nothing public draws at a moment that a test chooses.
const SELECT_AND_DRAW = `async (element) => {
  element.focus();
  element.ownerDocument.getSelection().selectAllChildren(element);
  await null;
  element.cmTile.view.dispatch({});
}`;

test("what a script has selected is replaced, though the editor is drawn before the browser tells of it", async () => {
  const { page } = await open("#/actions/~new");
  await page.locator(".one-line .cm-content").waitFor();
  const url = editor(page, "URL");
  await page.evaluate(
    `(${SELECT_AND_DRAW})(document.querySelector(".one-line > div").shadowRoot.querySelector(".cm-content"))`,
  );
  await page.keyboard.insertText("https://a.example/");
  await eventually(async () => expect(await url.textContent()).toBe("https://a.example/"), BROWSER_MS);
});

test("what is wrong with the JSON that comes of a template is told once, and underlined nowhere in it", async () => {
  const { page } = await open("#/actions/~new");
  await editor(page, "Body, as JSON").fill('{\n  "name": {{ customer.name }}');
  await page.locator(".told .error", { hasText: "What this renders to for c-4711" }).waitFor();
  await standing(page, "1 problem");
  await page.getByText("of what it renders to", { exact: false }).first().waitFor();
  expect(await page.locator(".cm-lintRange-error").count()).toBe(0);
});

test("F8 leads to the next problem, and pointing at a value tells where it lands", async () => {
  const { page } = await open("#/actions/~new");
  const body = editor(page, "Body, as JSON");
  await body.fill('{\n  "a": {{ customer.id }},\n  "b": {{ customer.nobody }}\n}');
  await page.getByText("customer.nobody is missing", { exact: false }).first().waitFor();
  // What is told beside it may stand before it is underlined, and F8 leads to what is.
  await page.locator(".cm-lintRange").first().waitFor();
  await body.press("Control+Home");
  await page.keyboard.press("F8");
  await page.keyboard.type("customer.name");
  await eventually(
    async () => expect(await body.textContent()).toContain('"b": {{ customer.name }}'),
    BROWSER_MS,
  );
  await page.locator(".cm-lands", { hasText: "customer.id" }).last().hover();
  await page.getByText("as a JSON value: quoted unless", { exact: false }).first().waitFor();
});

test("fields and document are one state; a text that is no JSON is told, and lost by nobody", async () => {
  const { page, complaints } = await open("#/actions/~new");
  await editor(page, "URL").fill("https://a.example/{{ customer.id }}");
  await button(page, "Add a header").click();
  await page.getByLabel("Name of header 1").fill("X-Name");
  await editor(page, "Value of header 1").fill("{{ customer.name }}");
  await page.getByText("Form", { exact: true }).click();
  await page.getByLabel("Name of form field 1").fill("who");
  await page.getByRole("link", { name: "Document", exact: true }).click();
  const document = editor(page, "The document, as JSON");
  await page.locator(".cm-line", { hasText: '"X-Name"' }).waitFor();
  await document.fill('{"url": "https://b.example/{{ customer.id }}", "order": 9007199254740993,');
  await standing(page, "no JSON yet");
  await page.getByRole("link", { name: "Fields", exact: true }).click();
  await page.getByText("mend it there first").waitFor();
  await page.goBack();
  await document.fill(
    '{"url": "https://b.example/{{ customer.id }}", "body": "<a>{{ customer.name }}</a>", "order": 9007199254740993}',
  );
  await button(page, "order").waitFor();
  await page.getByRole("link", { name: "Fields", exact: true }).click();
  await eventually(
    async () => expect(await editor(page, "URL").textContent()).toContain("b.example"),
    BROWSER_MS,
  );
  await page.getByText("XML", { exact: true }).click();
  await editor(page, "Body, as XML").waitFor();
  await page.getByRole("link", { name: "Document", exact: true }).click();
  await page.locator(".cm-line", { hasText: "application/xml" }).waitFor();
  await page.locator(".cm-line", { hasText: "9007199254740993" }).waitFor();
  expect(complaints).toEqual([]);
});

test("samples come from a file, and from the failed deliveries of a run; bad lines are told", async () => {
  const { page, complaints } = await open("#/actions/welcome?tab=edit");
  const folder = await mkdtemp(join(tmpdir(), "postrider-test-"));
  const file = join(folder, "people.csv");
  await writeFile(file, `id,name\n9007199254740993,"${HOSTILE.replaceAll('"', '""')}"\nb\nc,Cleo\n`);
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByText("1 line left out").waitFor();
  await page.getByText("sound for 2 customers").or(page.getByText("1 hint")).first().waitFor();
  await page.locator("summary", { hasText: "9007199254740993" }).waitFor();
  expect(await page.locator("#planted").count()).toBe(0);
  await page.getByText("Customers of a run for whom it failed").click();
  await page.locator("datalist option[value=win-back]").waitFor({ state: "attached" });
  await page.getByLabel("The run's id").fill("win-back");
  await button(page, "Take them").click();
  await page.getByText("4 customers", { exact: true }).waitFor();
  await page.getByLabel("The run's id").fill("no-such-run");
  await button(page, "Take them").click();
  await page.getByText("No failed delivery of this run").waitFor();
  const written = page.getByLabel("One a line as JSON", { exact: false });
  await written.fill('{"id": "mine"}');
  await page.getByLabel("The run's id").fill("win-back");
  await button(page, "Take them").click();
  await page.getByText("Those that you have written are lost.").waitFor();
  expect(await written.inputValue()).toBe('{"id": "mine"}');
  await button(page, "Replace them").click();
  await page.getByText("4 customers", { exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test("what comes of a sample is kept as an example, which shows at once what a change breaks", async () => {
  const { page, complaints } = await open("#/actions/~new?side=examples");
  await page.getByText("sound for 2 customers").or(page.getByText("1 hint")).first().waitFor();
  await button(page, "Keep what comes of it as an example").click();
  await page.getByText("1 example, all as they say").waitFor();
  await editor(page, "Body, as JSON").fill('{"name": "{{ customer.name | upcase }}"}');
  await page.getByText("1 of 1 example came out otherwise").waitFor();
  await page.locator(".diff .to", { hasText: "ADA" }).waitFor();
  await page.getByLabel("Id", { exact: true }).fill("with-example");
  await button(page, "Save …").click();
  await button(page, "Save the action").click();
  await page.getByText("Saved as version 1.").waitFor();
  expect(await scene.producer.actions.examples("with-example")).toHaveLength(1);
  // Saved again it keeps them.
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await editor(page, "URL").fill("https://b.example/{{ customer.id }}");
  await button(page, "Save …").click();
  await button(page, "Save the version").click();
  await page.locator(".diff .to", { hasText: "b.example" }).waitFor();
  expect(await scene.producer.actions.examples("with-example")).toHaveLength(1);
  expect(complaints).toEqual([]);
});

test("an action begins with a curl line; what it cannot take over is told", async () => {
  const { page } = await open("#/actions/~new");
  await page.getByText("From a curl line, or a webhook").click();
  const line = page.getByLabel("The curl line, as it is typed", { exact: false });
  await line.fill("curl https://a.example -F a=b");
  await button(page, "Put it in below").click();
  await page.getByText("A multipart form").waitFor();
  await line.fill(`curl -k -X PATCH https://a.example/p -H 'X-A: 1' --json '{"a": "{{ customer.id }}"}'`);
  await button(page, "Put it in below").click();
  await page.getByText("-k is left out", { exact: false }).waitFor();
  await eventually(async () => {
    expect(await editor(page, "URL").textContent()).toBe("https://a.example/p");
    expect(await editor(page, "Body, as JSON").textContent()).toBe('{"a": "{{ customer.id }}"}');
    expect(await page.getByLabel("Method").inputValue()).toBe("PATCH");
  }, BROWSER_MS);
});

test("where somebody else has saved meanwhile, that is told, and nothing is lost or written over", async () => {
  const document = { id: "shared", url: "https://a.example/{{ customer.id }}" };
  await scene.producer.actions.apply(document);
  const { page, go } = await open("#/actions/shared?tab=edit");
  await editor(page, "URL").fill("https://mine.example/{{ customer.id }}");
  await standing(page, "sound");
  await scene.producer.actions.apply({ ...document, url: "https://theirs.example/{{ customer.id }}" });
  await button(page, "Save …").click();
  await button(page, "Save the version").click();
  await page.getByText("Somebody has saved version 2").waitFor();
  await page.getByRole("link", { name: "Look at what they changed" }).click();
  await page.locator(".diff .to", { hasText: "theirs.example" }).waitFor();
  expect((await scene.producer.actions.get("shared")).action.url).toContain("theirs");
  await go("#/actions/shared?tab=edit");
});

test(
  "whoever may only read tries a saved action on samples, and is offered no change",
  async () => {
    const { page, complaints, go } = await open("#/actions/welcome?tab=try", TOKENS.reader);
    await page.getByText("2 requests, all sound").waitFor();
    expect(await page.getByRole("button", { name: /send|save/i }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Edit", exact: true }).count()).toBe(0);
    await go("#/actions/~new");
    await page.getByText("Your token may not save actions.").waitFor();
    expect(complaints).toEqual([]);
  },
  BROWSER_MS * 3,
);
