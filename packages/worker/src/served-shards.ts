// The shards that a process serves at this moment: those that the store names and whose Redis answers. One
// that comes later, as after an outage that it had when this process began, is served from then on; one that
// is gone is let go. All others go on meanwhile.

import { addFigures } from "@postrider/redis/figures-sum";
import { type OpenShards, SHARDS_LOOK_MS } from "@postrider/redis/open-shards";
import { repeat } from "@postrider/redis/periodic";
import type { Shard } from "@postrider/redis/shard";
import { tellWholeRuns } from "@postrider/redis/whole-runs";
import type { Figures } from "@postrider/shared/installation-metrics";
import type { Logger } from "@postrider/shared/log";
import type { ShardServer } from "./serve-shard.ts";

export interface ServedShards {
  /** Claims from now on. @param ownPort one that no test send may reach. */
  start(ownPort: number): void;
  /** A lane in which nothing is claimed although it should be; null while all is well. */
  stuckIn(): string | null;
  /** Null where those of a shard are not known. */
  readFigures(): Promise<Figures | null>;
  /** Resolves as soon as one of them answers. @throws where none does. */
  ping(): Promise<unknown>;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  closeLanes(): Promise<unknown>;
  /** Lets go of the rest. */
  close(): Promise<unknown>;
}

export interface ServedShardsOptions {
  readonly shards: OpenShards;
  readonly create: (shard: Shard) => Promise<ShardServer>;
  readonly log: Logger;
}

/** Resolves when all shards that answer are ready to be served. */
export async function createServedShards({
  shards,
  create,
  log,
}: ServedShardsOptions): Promise<ServedShards> {
  const servers = new Map<string, ShardServer>();
  const beginning = new Set<string>();
  let ownPort: number | null = null;
  let isClosed = false;
  let missingBefore = "";

  const begin = async (shard: Shard): Promise<void> => {
    if (servers.has(shard.name) || beginning.has(shard.name)) return;
    beginning.add(shard.name);
    try {
      const server = await create(shard);
      if (isClosed) return void (await server.close());
      servers.set(shard.name, server);
      if (ownPort !== null) server.start(ownPort);
    } finally {
      beginning.delete(shard.name);
    }
  };
  const letGo = async (name: string, server: ShardServer): Promise<void> => {
    servers.delete(name);
    await server.closeLanes();
    await server.close();
  };
  const tellMissing = (): void => {
    const missing = shards.missing();
    if (missing.join() === missingBefore) return;
    missingBefore = missing.join();
    if (missing.length > 0) log.warn({ shards: missing }, "shards whose Redis does not answer; others go on");
  };
  const look = async (): Promise<void> => {
    await shards.refresh();
    tellMissing();
    const known = new Set(shards.all.map(({ name }) => name));
    // A shard that goes away while it is looked at for the first time holds nobody up.
    const failed = (error: unknown): void => log.warn({ detail: String(error) }, "shard not served yet");
    for (const shard of shards.all) void begin(shard).catch(failed);
    for (const [name, server] of servers) if (!known.has(name)) void letGo(name, server).catch(failed);
    await tellWholeRuns(shards);
  };
  tellMissing();
  await Promise.all(shards.all.map(begin));
  const all = (): ShardServer[] => [...servers.values()];
  let looking: ReturnType<typeof repeat> | undefined;
  return {
    start(port) {
      ownPort = port;
      for (const server of all()) server.start(port);
      looking = repeat("shards", SHARDS_LOOK_MS, look, log);
    },
    stuckIn() {
      for (const server of all()) {
        const lane = server.stuckIn();
        if (lane !== null) return lane;
      }
      return null;
    },
    async readFigures() {
      if (shards.missing().length > 0) return null;
      return addFigures(await Promise.all(all().map(({ figures }) => figures.read())));
    },
    ping: () => Promise.any(all().map(({ shard }) => shard.redis.ping())),
    async closeLanes() {
      isClosed = true;
      // The store may be away, and what is in flight must end all the same.
      void looking?.stop();
      await Promise.all(all().map((server) => server.closeLanes()));
    },
    close: () => Promise.all(all().map((server) => server.close())),
  };
}
