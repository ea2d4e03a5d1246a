// Puts the two steps that deal with credentials together: opening before compose, authorizing after it.

import type { Store } from "@postrider/redis/shard";
import type { Sealer } from "@postrider/shared/seal";
import { type Authorize, type AuthorizeOptions, createAuthorizer } from "./authorize/authorize.ts";
import { digestUnkeyed } from "./authorize/identity.ts";
import { createSharedTokens, createUnsharedTokens } from "./authorize/shared-tokens.ts";
import { createTokens } from "./authorize/tokens.ts";
import type { Interrupts } from "./interrupts.ts";
import type { TlsFiles } from "./send/tls/tls-files.ts";
import { createReadSecrets, readFromRedis } from "./unseal/open-secrets.ts";
import { createSecretCache } from "./unseal/secret-cache.ts";
import { createUnsealer, type Unseal } from "./unseal/unseal.ts";

export interface CredentialOptions {
  /** Null where neither secrets nor tokens are needed. */
  readonly store: Store | null;
  readonly sealer: Sealer;
  readonly interrupts: Interrupts;
  readonly send: AuthorizeOptions["send"];
  readonly actionsMax: number;
  readonly now: () => number;
  readonly onTokenFetch?: AuthorizeOptions["onTokenFetch"];
  /** Takes some secrets for itself. */
  readonly tls: Pick<TlsFiles, "isReserved" | "useSecrets">;
}

/** Ready when the secrets that TLS needs are there, or are told to be missing. */
export async function createCredentialSteps({
  store,
  sealer,
  interrupts,
  send,
  actionsMax,
  now,
  tls,
  onTokenFetch,
}: CredentialOptions): Promise<{ readonly unseal: Unseal; readonly authorize: Authorize }> {
  const read =
    store === null ? async (names: readonly string[]) => names.map(() => null) : readFromRedis(store);
  if (store !== null) await tls.useSecrets(createReadSecrets(read, sealer));
  // Tokens lie in Redis sealed or not at all.
  const isShared = store !== null && sealer.canSeal;
  const tokens = createTokens({
    shared: isShared ? createSharedTokens(store, sealer) : createUnsharedTokens(),
    digest: isShared ? sealer.digest : digestUnkeyed,
    interrupts,
    now,
  });
  return {
    unseal: createUnsealer(
      sealer,
      createSecretCache(read, sealer, { actionsMax, now, isReserved: tls.isReserved }),
    ),
    authorize: createAuthorizer({ tokens, send, now, onTokenFetch }),
  };
}
