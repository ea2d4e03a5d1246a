// The configuration as one document, through the API.

import type { Service } from "../service.ts";
import type { Remote } from "./told-as-ours.ts";

type Config = Service["config"];
type Options = Parameters<Config["plan"]>[1];

export function createRemoteConfig({ call }: Remote): Config {
  const send = async (document: unknown, dryRun: "true" | "false", { prune, ifDigest }: Options = {}) => {
    const { changes, digest } = await call("applyConfig", {
      query: { dryRun, prune: prune === true ? "true" : "false" },
      body: document as never,
      ...(ifDigest !== undefined && { headers: { "If-Match": `"${ifDigest}"` } }),
    });
    return { changes, digest } as Awaited<ReturnType<Config["plan"]>>;
  };
  return {
    export: async () => ({ config: (await call("exportConfig")) as never }),
    plan: (document, options) => send(document, "true", options),
    apply: (document, options) => send(document, "false", options),
  };
}
