import { defineConfig } from "vitest/config";

// Tests run against the sources: the workspace's own export condition leads to src, so no build is
// needed for what runs in this process. Tests that start real processes use dist, which `npm test` builds.
// Without `module`, which is for bundlers: what libraries have under it Node cannot load.
const conditions = ["@postrider/source", "node", "import", "default"];

const TEST_MS = 900_000;

/** Starts the Redis of all test files. */
export const globalSetup = ["tests/support/redis-for-all.ts"];
/** Gives each test file keys of its own in it. */
export const setupFiles = ["tests/support/each-file.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // These only end what hangs: what waits for a condition gives up before and says for what it waited.
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    // All files of a process share one copy of the modules, which they would read anew otherwise: half of the
    // units' time, and a fifth of the others'. What they test keeps nothing outside its own values, and a test
    // that changes something of its process puts it back.
    isolate: false,
    // Of three files at once on two cores one mostly waits; more would only time each other out, since fault
    // tests start several processes each.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: "units", include: ["packages/*/src/**/*.test.ts"] } },
      { extends: true, test: { name: "system", include: ["tests/**/*.test.ts"], globalSetup, setupFiles } },
    ],
  },
});
