// Whose token is whose: one name for all who may share it. Pure.

import { createHash } from "node:crypto";
import type { OAuthClient } from "@postrider/compose/compile-credentials";
import type { EgressRules } from "@postrider/shared/egress";

/** A name for a client in Redis, from which nothing of it can be guessed. */
export type Digest = (text: string) => string;

interface Sharing {
  readonly client: OAuthClient;
  readonly egress?: EgressRules | undefined;
}

/** The same for all that may share a token; made once for a client's object, which belongs to one action. */
export function createIdentify(digest: Digest): (sharing: Sharing) => string {
  const known = new WeakMap<OAuthClient, { egress: Sharing["egress"]; identity: string }>();
  return ({ client, egress }) => {
    const found = known.get(client);
    if (found !== undefined && found.egress === egress) return found.identity;
    const identity = digest(JSON.stringify(egress === undefined ? client : { ...client, egress }));
    known.set(client, { egress, identity });
    return identity;
  };
}

/** For processes without a key: the name never leaves them. */
export function digestUnkeyed(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
