import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

// The long versions of tests/isolation and tests/faults (`npm run test:chaos`): one at a time, since each loads the machine by itself.
const { test, ...rest } = base;

export default mergeConfig(
  { ...rest, test: { ...test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ["tests/chaos/**/*.test.ts"],
      testTimeout: 1_800_000,
      fileParallelism: false,
      disableConsoleIntercept: true,
    },
  }),
);
