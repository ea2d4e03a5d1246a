// A Redis Cluster as one shard or the store sees it: all of its keys lie in one slot, and what names no key
// (TIME, INFO, PING) is asked of the server that has that slot. Servers that it has no need of are not
// connected to.

import { createHash } from "node:crypto";
import { Cluster, type ClusterNode, type ClusterOptions, type Redis } from "ioredis";

/** What the keys of a shard, or of the store, are reached through. */
export type RedisClient = Redis | Cluster;

type Command = Parameters<Cluster["sendCommand"]>[0];
type Others = Parameters<Cluster["sendCommand"]> extends [unknown, ...infer Rest] ? Rest : never;
type Duplicate = Cluster["duplicate"];
type Definition = Parameters<Cluster["defineCommand"]>[1];

/** As ioredis has them, but that they are given. */
type HomeOptions = ClusterOptions & { readonly redisOptions: NonNullable<ClusterOptions["redisOptions"]> };

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** What our own scripts are called by; BullMQ's name a key that never exists themselves. */
const OURS = /^postrider/;
/** A script that is guarded is not to see by what. */
const UNGUARD = "KEYS[#KEYS] = nil\n";

/**
 * While its slot is on the way to another master, a script would find some of the keys that it makes up, and
 * take others for missing, at either of the two. A Cluster runs none that names several keys there of which
 * one does not exist: so each of ours names one that never does, and is asked again until the slot is there.
 */
const GUARD = ":none";

export class HomeCluster extends Cluster {
  readonly #nodes: readonly ClusterNode[];
  readonly #options: HomeOptions;
  readonly #slot: number;
  /** Digests of our own scripts. */
  readonly #ours = new Set<string>();
  readonly #guarded = new WeakSet<Command>();
  /** Those whose attempt has neither connected nor failed. */
  readonly #connecting = new Set<Waiter>();

  /** @param slot in which the keys lie. */
  constructor(nodes: readonly ClusterNode[], options: HomeOptions, slot: number) {
    const redisOptions = { ...options.redisOptions, replyMapping: "legacy" as const };
    // Connecting by itself, ioredis would call what has not been made yet.
    super([...nodes], { ...options, lazyConnect: true, redisOptions });
    this.on("ready", () => this.#settle(({ resolve }) => resolve()));
    this.#nodes = nodes;
    this.#options = options;
    this.#slot = slot;
  }

  override defineCommand(name: string, definition: Definition): void {
    const lua = OURS.test(name) ? UNGUARD + definition.lua : definition.lua;
    super.defineCommand(name, { ...definition, lua });
    if (OURS.test(name)) this.#ours.add(createHash("sha1").update(lua).digest("hex"));
  }

  /**
   * Resolves once commands are taken, by whichever attempt. The promise of ioredis (6.0) stays open for ever
   * where its attempt finds a Cluster that knows its slots and takes no commands yet, while ioredis goes on
   * by itself: a lane that waits for it is never served again.
   * @throws where no server can be asked, and where the client is disconnected meanwhile.
   */
  override connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#connecting.add(waiter);
      const settled = (): void => void this.#connecting.delete(waiter);
      super.connect().then(resolve, reject).finally(settled);
    });
  }

  override disconnect(reconnect = false): void {
    // ioredis does not always say that it has ended: not where it was about to connect again.
    if (!reconnect) this.#settle(({ reject }) => reject(new Error("Connection is closed.")));
    super.disconnect(reconnect);
  }

  #settle(each: (waiter: Waiter) => void): void {
    const all = [...this.#connecting];
    this.#connecting.clear();
    for (const waiter of all) each(waiter);
  }

  override sendCommand(command: Command, ...others: Others): unknown {
    // Where it has no key, `getSlot` answers from then on what stands there.
    if (command.getSlot() === null) (command as unknown as { slot: number }).slot = this.#slot;
    this.#guard(command);
    return super.sendCommand(command, ...others);
  }

  #guard(command: Command): void {
    const { name, args } = command;
    const [script, count, key] = args;
    const isPlain = name === "eval";
    if (!isPlain && !(name === "evalsha" && this.#ours.has(String(script)))) return;
    // One that waited for a connection comes by again.
    if (this.#guarded.has(command) || typeof key !== "string") return;
    this.#guarded.add(command);
    if (isPlain) args[0] = `${UNGUARD}${script}`;
    args.splice(2 + Number(count), 0, `${key.slice(0, key.indexOf("}") + 1)}${GUARD}`);
    args[1] = String(Number(count) + 1);
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
