// The secret store: named values, sealed in Redis, that actions use and nobody reads back. Rotation seals
// everything under the newest key, so that an old one can be taken away.

import { asProducer } from "@postrider/redis/connect";
import type { Store } from "@postrider/redis/shard";
import { secretName } from "@postrider/shared/credentials";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import { resealStoredAction } from "@postrider/shared/stored-action";
import { openStoredSecret, readStoredSecret, toStoredSecret } from "@postrider/shared/stored-secret";

export interface SecretListed {
  readonly name: string;
  /** Unix ms. */
  readonly setAt: number;
  /** The key under which it is sealed. */
  readonly keyId: string;
}

export interface Rotated {
  /** Secrets, and actions with credentials written into them, that are now sealed under the first key. */
  readonly resealed: number;
  /** What was so already. */
  readonly unchanged: number;
}

export interface SecretStore {
  /**
   * Saves a value, instead of an earlier one. Workers use it within seconds. @throws `secret_invalid`,
   * `key_missing`.
   */
  set(name: string, value: string): Promise<void>;
  /** Names, never values. */
  list(): Promise<SecretListed[]>;
  /** @throws `secret_unknown`. */
  remove(name: string): Promise<void>;
  /**
   * Seals everything again that is not sealed under the first key. @throws `key_missing` where something does
   * not open.
   */
  rotate(): Promise<Rotated>;
}

/**
 * Shorter ones can be guessed, and cannot be told apart from other text where an answer must not show them.
 */
const VALUE_CHARS_MIN = 6;
/** A certificate or a key in PEM fits. */
const VALUE_CHARS_MAX = 8_192;

/**
 * Input: KEYS hash; ARGV field, value expected, new value. Output: 1 when it was replaced. A value set
 * meanwhile stands.
 */
const REPLACE = `
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
return 1
`;

export function createSecretStore(store: Store, sealer: Sealer): SecretStore {
  /** Seals the fields of a hash again, under the first key. */
  const resealAll = async (key: string, reseal: Reseal): Promise<Rotated> => {
    const counts = { resealed: 0, unchanged: 0 };
    for (const [field, stored] of Object.entries(await asProducer(() => store.redis.hgetall(key)))) {
      const fresh = reseal(field, stored);
      if (fresh === undefined) continue;
      if (fresh !== null) await asProducer(() => store.redis.eval(REPLACE, 1, key, field, stored, fresh));
      counts[fresh === null ? "unchanged" : "resealed"] += 1;
    }
    return counts;
  };

  return {
    async set(name, value) {
      parseName(name);
      parseValue(name, value);
      const stored = toStoredSecret(name, value, Date.now(), sealer);
      await asProducer(() => store.redis.hset(store.keys.secrets(), name, stored));
    },
    async list() {
      const all = await asProducer(() => store.redis.hgetall(store.keys.secrets()));
      return Object.entries(all)
        .map(([name, stored]) => {
          const { setAt, sealed } = readStoredSecret(stored);
          return { name, setAt, keyId: sealer.keyIdOf(sealed) };
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async remove(name) {
      const removed = await asProducer(() => store.redis.hdel(store.keys.secrets(), name));
      if (removed === 0) throw new PostriderError("secret_unknown", `no secret is called ${name}`);
    },
    async rotate() {
      if (!sealer.canSeal) throw new PostriderError("key_missing", "POSTRIDER_SECRET_KEYS is not set");
      const ids = await asProducer(() => store.redis.smembers(store.keys.actions()));
      const rotated = [
        await resealAll(store.keys.secrets(), (name, stored) => resealSecret(name, stored, sealer)),
      ];
      for (const id of ids) {
        const key = store.keys.action(id);
        const counts = await resealAll(key, (field, stored) => resealAction(id, field, stored, sealer));
        // A digest of what was not sealed before would let one guess the credential; apply compares the texts
        // themselves.
        if (counts.resealed > 0) await asProducer(() => store.redis.hdel(key, "digest"));
        rotated.push(counts);
      }
      return {
        resealed: rotated.reduce((sum, { resealed }) => sum + resealed, 0),
        unchanged: rotated.reduce((sum, { unchanged }) => sum + unchanged, 0),
      };
    },
  };
}

/**
 * A field's new text; null where it is fresh, undefined where it is nothing to seal. @throws `key_missing`.
 */
type Reseal = (field: string, stored: string) => string | null | undefined;

function resealSecret(name: string, stored: string, sealer: Sealer): string | null {
  const { setAt, sealed } = readStoredSecret(stored);
  if (sealer.isFresh(sealed)) return null;
  const opened = openStoredSecret(name, stored, sealer);
  if ("problem" in opened) throw new PostriderError("key_missing", `the secret ${name} ${opened.problem}`);
  return toStoredSecret(name, opened.text, setAt, sealer);
}

function resealAction(id: string, field: string, stored: string, sealer: Sealer): string | null | undefined {
  if (!/^\d+$/.test(field)) return undefined;
  const fresh = resealStoredAction(stored, sealer);
  if (typeof fresh !== "object" || fresh === null) return fresh;
  throw new PostriderError("key_missing", `the action ${id}@${field} ${fresh.problem}`);
}

function parseName(name: string): void {
  const parsed = secretName.safeParse(name);
  if (!parsed.success)
    throw invalidField("secret_invalid", "name", parsed.error.issues[0]?.message ?? "is not valid");
}

function parseValue(name: string, value: string): void {
  if (value.length >= VALUE_CHARS_MIN && value.length <= VALUE_CHARS_MAX) return;
  throw invalidField(
    "secret_invalid",
    "value",
    `the value of ${name} has ${value.length} characters; it must have ${VALUE_CHARS_MIN} to ${VALUE_CHARS_MAX}`,
  );
}
