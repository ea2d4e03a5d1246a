// The stream in which changes are written down: who changed what, and when by Redis' own clock. Bounded; the
// oldest go.

import { asProducer } from "./connect.ts";
import type { Store } from "./shard.ts";

export interface StoredChange {
  /** `<Unix ms>-<n>`: sorts by time. */
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** @param kept how many there are at most, about. @throws as a producer's work does. */
export async function addChange(
  { redis, keys }: Store,
  fields: Readonly<Record<string, string>>,
  kept: number,
): Promise<void> {
  await asProducer(() =>
    redis.xadd(keys.audit(), "MAXLEN", "~", kept, "*", ...Object.entries(fields).flat()),
  );
}

/** Newest first. @param before an id that all are older than; null: from the newest. */
export async function readChanges(
  { redis, keys }: Store,
  before: string | null,
  count: number,
): Promise<StoredChange[]> {
  const entries = await asProducer(() =>
    redis.xrevrange(keys.audit(), before === null ? "+" : `(${before}`, "-", "COUNT", count),
  );
  return entries.map(([id, flat]) => ({ id, fields: toFields(flat) }));
}

function toFields(flat: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) fields[flat[index] ?? ""] = flat[index + 1] ?? "";
  return fields;
}
