// How the console is built: one page with hashed files beside it, whose paths are relative, so that it works
// under any base path, and which hold nothing inline, so that `default-src 'self'` stands.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

function inPlatform(name: string): string {
  return fileURLToPath(new URL(`src/platform/${name}`, import.meta.url));
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  resolve: {
    conditions: ["@postrider/source", "browser", "module", "import", "default"],
    // The client is written for Node; of that it needs these two. Templates are in no HTML.
    alias: {
      "node:crypto": inPlatform("random.ts"),
      "node:timers/promises": inPlatform("timers.ts"),
      "@codemirror/lang-html": inPlatform("plain-base.ts"),
    },
  },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  logLevel: "warn",
});
