// The tokens that are known: those of the settings, and those of the store as they were a second ago at most.

import { timingSafeEqual } from "node:crypto";
import type { StoredToken, TokenStore } from "@postrider/producer/tokens/tokens";
import { digestToken, type KnownToken } from "@postrider/shared/api-token";
import { type Caller, toCaller } from "../route/caller.ts";

export interface TokenDirectory {
  /** Whose token it is; null where it is none, or none any more. @throws `redis_unavailable`. */
  find(token: string): Promise<Caller | null>;
  /** Whether there is none at all; one that has expired is one. @throws `redis_unavailable`. */
  isEmpty(): Promise<boolean>;
}

/** A revoked token is refused after so long. */
const KNOWN_MS = 1_000;

interface Known {
  readonly caller: Caller;
  readonly digest: Buffer;
  /** Unix ms. */
  readonly expiresAt: number;
}

export function createTokenDirectory(
  tokens: Pick<TokenStore, "read">,
  given: readonly KnownToken[],
  now: () => number,
): TokenDirectory {
  const ofSettings = toMap(given.map((token) => ({ ...token, id: `settings:${token.name}` })));
  let ofStore: ReadonlyMap<string, Known> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  const read = async (): Promise<void> => {
    const startedAt = now();
    ofStore = toMap(await tokens.read());
    readAt = startedAt;
  };
  /** Requests that come meanwhile wait for the same answer. */
  const look = async (): Promise<void> => {
    if (now() - readAt < KNOWN_MS) return;
    reading ??= read().finally(() => {
      reading = null;
    });
    await reading;
  };
  return {
    async find(token) {
      const sha256 = digestToken(token);
      let known = ofSettings.get(sha256);
      if (known === undefined) {
        await look();
        known = ofStore.get(sha256);
      }
      if (known === undefined || !timingSafeEqual(known.digest, Buffer.from(sha256, "hex"))) return null;
      return known.expiresAt > now() ? known.caller : null;
    },
    async isEmpty() {
      if (ofSettings.size > 0) return false;
      await look();
      return ofStore.size === 0;
    },
  };
}

function toMap(tokens: readonly (KnownToken & Pick<StoredToken, "id">)[]): ReadonlyMap<string, Known> {
  return new Map(
    tokens.map(({ id, sha256, ...grant }) => [
      sha256,
      {
        caller: toCaller(id, grant),
        digest: Buffer.from(sha256, "hex"),
        expiresAt: grant.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(grant.expiresAt),
      },
    ]),
  );
}
