// Before and after each test file. Whatever it starts in this process finds POSTRIDER_KEY_PREFIX set to the
// file's own prefix, as the processes that it starts do (processes.ts), unless the test sets another one.

import { afterAll, afterEach, vi } from "vitest";
import { findUsed, keyPrefix, renewPrefix } from "./key-prefix.ts";

vi.mock("@postrider/shared/settings/read-settings", async (importOriginal) => {
  const original = await importOriginal<typeof import("@postrider/shared/settings/read-settings")>();
  const own = await import("./key-prefix.ts");
  return {
    ...original,
    readSettings: (environment: Readonly<Record<string, string | undefined>>) =>
      original.readSettings({ POSTRIDER_KEY_PREFIX: own.keyPrefix, ...environment }),
  };
});

renewPrefix();

let hasFailed = false;

afterEach(({ task }) => {
  hasFailed ||= task.result?.state === "fail";
});

// What a failed test leaves is evidence, and stays where the Redis does.
afterAll(async () => {
  const url = findUsed();
  if (url === null) return;
  if (hasFailed) console.log(`the keys of the failed test begin with {${keyPrefix}`);
  else await (await import("./redis-keys.ts")).deleteKeys(url);
});
