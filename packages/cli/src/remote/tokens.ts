// The API's own tokens, through the API.

import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteTokens({ call }: Remote): Service["tokens"] {
  return {
    async create(grant) {
      const made = await call("createToken", { body: grant as never });
      return { ...made, createdAt: toMs(made.createdAt) } as never;
    },
    async list() {
      const { tokens } = await call("listTokens");
      return tokens.map((token) => ({ ...token, createdAt: toMs(token.createdAt) })) as never;
    },
    revoke: async (id) => void (await call("revokeToken", { params: { id } })),
  };
}
