// The console's files as the API serves them: how large they are, how long they are kept, and that nothing in
// them asks for more than `default-src 'self'` grants.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, request, startApi } from "../support/api.ts";
import { ROOT } from "../support/processes.ts";

/** Gzip, before the first page shows: everything but charts, which come after it. */
const FIRST_BYTES_MAX = 60 * 1_024;
/** Gzip: comes with the first field that is edited as code. */
const EDITOR_BYTES_MAX = 140 * 1_024;
/** On the disk. */
const ALL_BYTES_MAX = 1_024 * 1_024;

const DIST = join(ROOT, "packages", "console", "dist");
const assets = readdirSync(join(DIST, "assets"));
const page = readFileSync(join(DIST, "index.html"), "utf8");

function packedBytes(name: string): number {
  return gzipSync(readFileSync(join(DIST, "assets", name)), { level: 9 }).length;
}

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({
    POSTRIDER_API_TOKENS: JSON.stringify([{ name: "x", scopes: ["read"], token: "x".repeat(40) }]),
  });
});
afterAll(() => api[Symbol.asyncDispose]());

test("the first page needs 60 KB at most, and all of it is 1 MB at most", () => {
  const named = assets.filter((name) => page.includes(name));
  const home = assets.filter((name) => /^(?:home|series|progress|listing|panel)/.test(name));
  const first = [...new Set([...named, ...home])].reduce((sum, name) => sum + packedBytes(name), 0);
  expect(first).toBeGreaterThan(10_000);
  expect(first).toBeLessThanOrEqual(FIRST_BYTES_MAX);
  const all = assets.reduce((sum, name) => sum + readFileSync(join(DIST, "assets", name)).length, 0);
  expect(all).toBeLessThanOrEqual(ALL_BYTES_MAX);
});

test("the editor is one chunk of 140 KB at most, and no part of what comes before it", () => {
  const [editor = "", ...others] = assets.filter((name) => /^code-editor.*\.js$/.test(name));
  expect(others).toEqual([]);
  expect(page).not.toContain(editor);
  expect(packedBytes(editor)).toBeGreaterThan(80_000);
  expect(packedBytes(editor)).toBeLessThanOrEqual(EDITOR_BYTES_MAX);
});

test("the page holds nothing inline, and names its files relatively", () => {
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc="\.\/assets\/)|\son\w+=/);
  expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => path)).toEqual(
    expect.not.arrayContaining([expect.not.stringMatching(/^\.\/assets\//)]),
  );
});

test("anybody gets the page, anew each time, and its files for ever; packed where that is read", async () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    request(api.url, "GET", path, { headers });
  const moved = await fetch(`${api.url}/console`, { redirect: "manual" });
  expect([moved.status, moved.headers.get("location")]).toEqual([308, "console/"]);
  const first = await get("/console/");
  expect(first.status).toBe(200);
  expect(first.headers.get("cache-control")).toBe("no-cache");
  expect(first.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
  const again = await get("/console/", { "if-none-match": first.headers.get("etag") ?? "" });
  expect(again.status).toBe(304);
  const script = assets.find((name) => name.endsWith(".js"));
  const file = await get(`/console/assets/${script}`);
  expect(file.headers.get("cache-control")).toMatch(/immutable/);
  expect(file.headers.get("content-type")).toMatch(/^text\/javascript/);
  expect(file.headers.get("content-encoding")).toBe("gzip");
  expect(
    (await get(`/console/assets/${script}`, { "accept-encoding": "identity" })).headers.get(
      "content-encoding",
    ),
  ).toBeNull();
  for (const path of [
    "/console/none.js",
    "/console/../package.json",
    "/console/%2e%2e/package.json",
    "/console/.built-from",
  ])
    expect((await get(path)).status, path).toBe(404);
});
