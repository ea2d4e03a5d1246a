// A producer knows of shards that come, go, or answer again, also where it only reads: what lies in a shard
// of which it has not heard would be missing without anybody's knowing.

import { type OpenShards, SHARDS_LOOK_MS } from "@postrider/redis/open-shards";

/** Looks every second which shards there are. It keeps no process alive. @returns what ends it. */
export function lookForShards(shards: Pick<OpenShards, "refresh">): () => void {
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    // A store that is away stops nobody: what was known goes on.
    await shards.refresh().catch(() => undefined);
    isLooking = false;
  };
  const timer = setInterval(() => void look(), SHARDS_LOOK_MS).unref();
  return () => clearInterval(timer);
}
