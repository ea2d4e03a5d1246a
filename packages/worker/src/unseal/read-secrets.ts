// Secrets for what is no action: read by name from the store and opened.

import type { Sealer } from "@postrider/shared/seal";
import { openStoredSecret } from "@postrider/shared/stored-secret";
import type { ReadStored } from "./secret-cache.ts";

/** The values of those that can be opened; of the others, why not. */
export function createReadSecrets(read: ReadStored, sealer: Sealer) {
  return async (
    names: readonly string[],
  ): Promise<{ readonly values: ReadonlyMap<string, string>; readonly problems: readonly string[] }> => {
    const values = new Map<string, string>();
    const problems: string[] = [];
    const stored = await read(names);
    for (const [index, name] of names.entries()) {
      const text = stored[index] ?? null;
      const opened =
        text === null ? { problem: "is not in the store" } : openStoredSecret(name, text, sealer);
      if ("problem" in opened) problems.push(`the secret ${name} ${opened.problem}`);
      else values.set(name, opened.text);
    }
    return { values, problems };
  };
}
