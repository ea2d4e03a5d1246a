// The store's tokens for the HTTP API: what each grants and the digest by which it is known. The token itself
// is seen once, by whoever makes it.

import { asProducer } from "@postrider/redis/connect";
import type { Store } from "@postrider/redis/shard";
import { digestToken, type Grant, grantSchema, newToken } from "@postrider/shared/api-token";
import { invalidField, PostriderError } from "@postrider/shared/errors";

export interface TokenListed extends Grant {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
}

/** With the digest by which it is known. */
export interface StoredToken extends TokenListed {
  readonly sha256: string;
}

export interface TokenStore {
  /** Makes a token, whose text is kept nowhere. @throws `token_invalid`. */
  create(grant: Grant): Promise<TokenListed & { readonly token: string }>;
  /** Oldest first. */
  list(): Promise<TokenListed[]>;
  /** No longer valid, within a second everywhere. @throws `token_unknown`. */
  revoke(id: string): Promise<void>;
  /** All, to tell who calls. */
  read(): Promise<StoredToken[]>;
}

/** Each API process reads them all once a second. */
const TOKENS_MAX = 1_000;

/** Input: KEYS tokens; ARGV id, token as JSON, most. Output: 1, or 0 where there are too many. */
const ADD = `
if redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
`;

export function createTokenStore(store: Store, now: () => number): TokenStore {
  const key = store.keys.apiTokens();
  const read = async (): Promise<StoredToken[]> =>
    Object.entries(await asProducer(() => store.redis.hgetall(key)))
      .map(([id, stored]) => ({ id, ...(JSON.parse(stored) as Omit<StoredToken, "id">) }))
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return {
    async create(given) {
      const grant = parseGrant(given, now());
      const { id, token } = newToken();
      const createdAt = now();
      const stored = JSON.stringify({ ...grant, createdAt, sha256: digestToken(token) });
      const wasAdded = await asProducer(() => store.redis.eval(ADD, 1, key, id, stored, TOKENS_MAX));
      if (wasAdded !== 1)
        throw new PostriderError(
          "token_invalid",
          `there are ${TOKENS_MAX} tokens; revoke one that nobody uses`,
        );
      return { id, ...grant, createdAt, token };
    },
    list: async () => (await read()).map(({ sha256: _, ...listed }) => listed),
    async revoke(id) {
      if ((await asProducer(() => store.redis.hdel(key, id))) === 0)
        throw new PostriderError("token_unknown", `no token has the id ${id}`);
    },
    read,
  };
}

/** @throws `token_invalid`. */
function parseGrant(given: Grant, now: number): Grant {
  const parsed = grantSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
    const [{ field, message } = { field: "", message: "is not valid" }] = problems;
    throw new PostriderError("token_invalid", `${field}: ${message}`, { problems });
  }
  const { expiresAt } = parsed.data;
  if (expiresAt === undefined || Date.parse(expiresAt) > now) return parsed.data;
  throw invalidField("token_invalid", "expiresAt", "is in the past");
}
