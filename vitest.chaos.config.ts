import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

// The long form of tests/scenarios (`npm run test:chaos`): one at a time, since each loads the machine by
// itself.
const { test, ...rest } = base;

export default mergeConfig(
  { ...rest, test: { ...test, include: [] } },
  defineConfig({
    test: {
      include: ["tests/scenarios/*.test.ts"],
      env: { TEST_FORM: "long" },
      testTimeout: 1_800_000,
      fileParallelism: false,
      disableConsoleIntercept: true,
    },
  }),
);
