// Where a reader of a stream is, as a text that it hands back. It holds the place in each shard's stream.

import { invalidField } from "@postrider/shared/errors";

/** What is read. */
export type Kind = "outcomes" | "events";

/** An id of the stream: the place, and the Unix ms at which it was told (0: any). */
const ID = /^\d{1,16}-\d{1,16}$/;

/** @param id of the shard's stream. */
export function toCursor(shard: string, id: string): string {
  return `${shard}.${id}`;
}

/** @returns the id of the shard's stream. @throws PostriderError `outcomes_invalid`, `events_invalid`. */
export function parseCursor(kind: Kind, shard: string, cursor: string): string {
  const id = cursor.slice(shard.length + 1);
  if (cursor.startsWith(`${shard}.`) && ID.test(id)) return id;
  const message = `"${cursor}" is no cursor of ${kind}; give one that was handed out, or none`;
  throw invalidField(`${kind}_invalid`, "after", message);
}

/** The places in several shards' streams, as one cursor. */
export function joinCursors(cursors: Iterable<string>): string {
  return [...cursors].sort().join(",");
}

/** A cursor's places by shard. What is no cursor is one place that no shard takes for its own. */
export function splitCursor(cursor: string): Map<string, string> {
  return new Map(cursor.split(",").map((one) => [one.slice(0, one.indexOf(".")), one]));
}

/** Unix ms at which the entry was told behind which a shard's place is. */
export function timeOfCursor(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf("-") + 1));
}

const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** @throws PostriderError `outcomes_invalid`, `events_invalid`. */
export function checkGroup(kind: Kind, group: unknown): asserts group is string {
  if (typeof group === "string" && GROUP.test(group)) return;
  const message = "must be 1 to 100 of A-Z a-z 0-9 . _ - and start with a letter or digit";
  throw invalidField(`${kind}_invalid`, "group", message);
}
