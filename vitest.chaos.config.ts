import { defineConfig, mergeConfig } from "vitest/config";
import base, { globalSetup, setupFiles } from "./vitest.config.ts";

// The long form of tests/scenarios (`npm run test:chaos`): one at a time, since each loads the machine by
// itself.
const { test: { projects: _, ...test } = {}, ...rest } = base;

export default mergeConfig(
  { ...rest, test },
  defineConfig({
    test: {
      include: ["tests/scenarios/*.test.ts"],
      globalSetup,
      setupFiles,
      env: { TEST_FORM: "long" },
      testTimeout: 1_800_000,
      fileParallelism: false,
      disableConsoleIntercept: true,
    },
  }),
);
