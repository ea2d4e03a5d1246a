// What workers share of access tokens in Redis: the token, sealed; who is fetching one; and why the last
// fetch failed.

import type { Store } from "@postrider/redis/shard";
import type { Sealer } from "@postrider/shared/seal";
import type { NoToken } from "./oauth.ts";

export interface Token {
  readonly value: string;
  /** Unix ms. From `refreshAt` on somebody fetches the next one; until `expiresAt` this one is good. */
  readonly issuedAt: number;
  readonly refreshAt: number;
  readonly expiresAt: number;
  /** Whether it was fetched because a destination had refused the one before. */
  readonly isForced: boolean;
}

export interface SharedTokens {
  read(identity: string): Promise<{ token: Token | null; failure: NoToken | null }>;
  write(identity: string, token: Token, now: number): Promise<void>;
  /** For a while nobody tries again. */
  writeFailure(identity: string, failure: NoToken, ms: number): Promise<void>;
  /** True: this worker fetches. The lock runs out by itself, should it die meanwhile. */
  lock(identity: string, owner: string, ms: number): Promise<boolean>;
  unlock(identity: string, owner: string): Promise<void>;
}

/** Input: KEYS lock; ARGV owner. Another owner's lock stays. */
const UNLOCK = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`;

const place = (identity: string): string => `token ${identity}`;

export function createSharedTokens(store: Store, sealer: Sealer): SharedTokens {
  return {
    async read(identity) {
      const [sealed, failure] = await store.redis.mget(
        store.keys.token(identity),
        store.keys.tokenFailure(identity),
      );
      // What does not open, as after a key was taken away, is as good as no token: there will be a new one.
      const opened = sealed ? sealer.open(sealed, place(identity)) : null;
      return {
        token: opened !== null && "text" in opened ? (JSON.parse(opened.text) as Token) : null,
        failure: failure ? (JSON.parse(failure) as NoToken) : null,
      };
    },
    async write(identity, token, now) {
      const sealed = sealer.seal(JSON.stringify(token), place(identity));
      await store.redis.set(
        store.keys.token(identity),
        sealed,
        "PX",
        Math.max(1, Math.ceil(token.expiresAt - now)),
      );
    },
    async writeFailure(identity, failure, ms) {
      await store.redis.set(store.keys.tokenFailure(identity), JSON.stringify(failure), "PX", ms);
    },
    async lock(identity, owner, ms) {
      return (await store.redis.set(store.keys.tokenLock(identity), owner, "PX", ms, "NX")) === "OK";
    },
    async unlock(identity, owner) {
      await store.redis.eval(UNLOCK, 1, store.keys.tokenLock(identity), owner);
    },
  };
}

/** For a process that shares with nobody, since it has no key to seal with. */
export function createUnsharedTokens(): SharedTokens {
  return {
    read: async () => ({ token: null, failure: null }),
    write: async () => undefined,
    writeFailure: async () => undefined,
    lock: async () => true,
    unlock: async () => undefined,
  };
}
