// Secrets by name: read from the store and opened, for actions and for TLS.

import type { Store } from "@postrider/redis/shard";
import type { Sealer } from "@postrider/shared/seal";
import { openStoredSecret } from "@postrider/shared/stored-secret";
import type { Unready } from "../attempt.ts";

/** Reads the stored texts of names; null where there is none. */
export type ReadStored = (names: readonly string[]) => Promise<(string | null)[]>;

/** From the store in Redis. */
export function readFromRedis(store: Store): ReadStored {
  return (names) => store.redis.hmget(store.keys.secrets(), ...names);
}

export interface OpenedSecrets {
  readonly values: ReadonlyMap<string, string>;
  /** Problems of those that are missing or cannot be opened, in the order of the names. */
  readonly problems: readonly Unready[];
}

/** @param stored what the store has of each name. */
export function openSecrets(
  names: readonly string[],
  stored: readonly (string | null)[],
  sealer: Sealer,
): OpenedSecrets {
  const values = new Map<string, string>();
  const problems: Unready[] = [];
  for (const [index, name] of names.entries()) {
    const text = stored[index] ?? null;
    const opened = text === null ? { problem: "is not in the store" } : openStoredSecret(name, text, sealer);
    if ("text" in opened) values.set(name, opened.text);
    else {
      const reason = text === null ? "secret_missing" : "key_missing";
      problems.push({ kind: "unready", reason, message: `the secret ${name} ${opened.problem}` });
    }
  }
  return { values, problems };
}

/** For what is no action. */
export function createReadSecrets(read: ReadStored, sealer: Sealer) {
  return async (names: readonly string[]): Promise<OpenedSecrets> =>
    openSecrets(names, await read(names), sealer);
}
