// A Redis Cluster as one shard or the store sees it: all of its keys lie in one slot, and what names no key
// (TIME, INFO, PING) is asked of the server that has that slot. Servers that it has no need of are not
// connected to.

import { Cluster, type ClusterNode, type ClusterOptions, type Redis } from "ioredis";

/** What the keys of a shard, or of the store, are reached through. */
export type RedisClient = Redis | Cluster;

type Command = Parameters<Cluster["sendCommand"]>[0];
type Others = Parameters<Cluster["sendCommand"]> extends [unknown, ...infer Rest] ? Rest : never;
type Duplicate = Cluster["duplicate"];

/** As ioredis has them, but that they are given. */
export type HomeOptions = ClusterOptions & {
  readonly redisOptions: NonNullable<ClusterOptions["redisOptions"]>;
};

export class HomeCluster extends Cluster {
  readonly #nodes: readonly ClusterNode[];
  readonly #options: HomeOptions;
  readonly #slot: number;

  /** @param slot in which the keys lie. */
  constructor(nodes: readonly ClusterNode[], options: HomeOptions, slot: number) {
    super([...nodes], { ...options, redisOptions: { ...options.redisOptions, replyMapping: "legacy" } });
    this.#nodes = nodes;
    this.#options = options;
    this.#slot = slot;
  }

  override sendCommand(command: Command, ...others: Others): unknown {
    // Where it has no key, `getSlot` answers from then on what stands there.
    if (command.getSlot() === null) (command as unknown as { slot: number }).slot = this.#slot;
    return super.sendCommand(command, ...others);
  }

  /** For BullMQ, which waits for deliveries on a connection of its own. */
  override duplicate: Duplicate = ((_: unknown, { redisOptions, ...options }: Partial<HomeOptions> = {}) => {
    const all = {
      ...this.#options,
      ...options,
      redisOptions: { ...this.#options.redisOptions, ...redisOptions },
    };
    // Those that the setting names may be gone by now.
    const known = this.nodes().map(({ options: { host, port } }) => ({ host, port }));
    return new HomeCluster([...this.#nodes, ...known], all, this.#slot);
  }) as Duplicate;
}
