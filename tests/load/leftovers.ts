// What Redis holds once all deliveries have ended, by kind of key, and why each kind may be there. A key of
// no known kind is one that somebody forgot to take away.

import type { Redis } from "ioredis";
import { scanKeys } from "../support/redis-keys.ts";

interface Kind {
  readonly kind: string;
  /** Of what stands behind the shard's or the store's prefix. */
  readonly name: RegExp;
  readonly why: string;
  /** There may be one for each delivery, so that each must go by itself. */
  readonly isOfDeliveries?: true;
}

/** The first that fits. */
const KINDS: readonly Kind[] = [
  {
    kind: "outcome:<delivery>",
    name: /^outcome:/,
    why: "an ended delivery's id is remembered for the idempotency window",
    isOfDeliveries: true,
  },
  { kind: "outcomes", name: /^outcomes$/, why: "the latest outcomes, POSTRIDER_OUTCOMES_KEPT of them" },
  {
    kind: "customers:<period>:<list>",
    name: /^customers:\d+:/,
    why: "ended deliveries by customer, for POSTRIDER_CUSTOMERS_KEPT_MS",
    isOfDeliveries: true,
  },
  { kind: "run:<run>", name: /^run:/, why: "a run's facts, for thirty days", isOfDeliveries: true },
  { kind: "runs", name: /^runs$/, why: "the runs by their beginning, as long as their facts" },
  { kind: "totals", name: /^totals$/, why: "the ledger" },
  { kind: "roll-ups", name: /^roll-ups:/, why: "what charts show, for a time", isOfDeliveries: true },
  { kind: "events", name: /^events(:|$)/, why: "the latest events, POSTRIDER_EVENTS_KEPT of them" },
  { kind: "own-lanes", name: /^own-lanes(:|$)/, why: "the registry of own lanes, and its latest changes" },
  { kind: "workers", name: /^workers(:|$)/, why: "signs of life, and what one worker does for all" },
  { kind: "failures", name: /^failures:/, why: "what destinations answered in the last window" },
  { kind: "action", name: /^actions?(:|$)/, why: "the actions" },
  { kind: "format", name: /^format$/, why: "the form of all keys" },
  { kind: "shards", name: /^(shards|rate-demand|rate-shares)(:|$)/, why: "which shards there are" },
  { kind: "audit", name: /^audit$/, why: "who changed what, POSTRIDER_AUDIT_KEPT of it" },
  { kind: "test-sends", name: /^test-sends(:|$)/, why: "test sends" },
  {
    kind: "<lane>: BullMQ's own",
    name: /^[^:]+(\.[^:]+)?:(meta|id|events|marker|stalled-check)$/,
    why: "switches and the latest hundred events of a shared lane",
  },
];

export interface Leftover {
  readonly kind: string;
  readonly why: string;
  readonly keys: number;
  readonly bytes: number;
  /** Those that go by themselves, and the longest time until then. */
  readonly going: number;
  readonly goneMs: number;
}

export interface Leftovers {
  readonly kinds: readonly Leftover[];
  /** Keys that are of no known kind. */
  readonly unknown: readonly string[];
  /** Keys of deliveries that stay forever. */
  readonly staying: readonly string[];
}

const NAMED_MAX = 20;

/** Looks at all keys. @param match a glob of those that are meant. */
export async function readLeftovers(redis: Redis, match = "*"): Promise<Leftovers> {
  const kinds = new Map<string, Leftover>();
  const unknown: string[] = [];
  const staying: string[] = [];
  for await (const { server, keys } of scanKeys(redis, match))
    for (const one of await look(server, keys)) {
      const known = KINDS.find(({ name }) => name.test(one.key.replace(/^\{[^}]*\}:/, "")));
      if (known === undefined) unknown.push(one.key);
      else if (known.isOfDeliveries && one.ttlMs < 0) staying.push(one.key);
      const { kind, why } = known ?? UNKNOWN;
      kinds.set(kind, add(kinds.get(kind) ?? { kind, why, ...NOTHING }, one));
    }
  return {
    kinds: [...kinds.values()].sort((one, other) => other.bytes - one.bytes),
    unknown: unknown.slice(0, NAMED_MAX),
    staying: staying.slice(0, NAMED_MAX),
  };
}

const UNKNOWN = { kind: "unknown", why: "nobody knows" };
const NOTHING = { keys: 0, bytes: 0, going: 0, goneMs: 0 };

interface Seen {
  readonly key: string;
  readonly bytes: number;
  /** Below 0: it stays. */
  readonly ttlMs: number;
}

function add(sum: Leftover, { bytes, ttlMs }: Seen): Leftover {
  return {
    ...sum,
    keys: sum.keys + 1,
    bytes: sum.bytes + bytes,
    going: sum.going + (ttlMs >= 0 ? 1 : 0),
    goneMs: Math.max(sum.goneMs, ttlMs),
  };
}

/** Keys that ran out meanwhile are left out. */
async function look(redis: Redis, keys: readonly string[]): Promise<Seen[]> {
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.memory("USAGE", key).pttl(key);
  const replies = (await pipeline.exec()) ?? [];
  return keys.flatMap((key, index) => {
    const [bytes, ttlMs] = [Number(replies[2 * index]?.[1]), Number(replies[2 * index + 1]?.[1])];
    return ttlMs === -2 ? [] : [{ key, bytes, ttlMs }];
  });
}

/** The table for people. */
export function describeLeftovers({ kinds }: Leftovers): string {
  const rows = kinds.map(({ kind, keys, bytes, going, goneMs, why }) => {
    const until = going === 0 ? "stay" : `${going} go within ${Math.ceil(goneMs / 60_000)} min`;
    return [kind, `${keys} keys`, `${bytes} bytes`, until, why];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   "))
    .join("\n");
}

/** Lets go at once what would go by itself later. */
export async function letGo(redis: Redis): Promise<void> {
  for await (const { server, keys } of scanKeys(redis, "*")) {
    const pipeline = server.pipeline();
    for (const { key, ttlMs } of await look(server, keys)) if (ttlMs >= 0) pipeline.unlink(key);
    await pipeline.exec();
  }
}
