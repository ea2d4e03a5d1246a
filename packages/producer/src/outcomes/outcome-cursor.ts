// Where a reader of outcomes is, as a text that it hands back. It holds the place in each shard's stream.

import { invalidField, PostriderError } from "@postrider/shared/errors";

/** An id of the stream of outcomes: the place, and the Unix ms at which it was told (0: any). */
const ID = /^\d{1,16}-\d{1,16}$/;

/** @param id of the shard's stream. */
export function toOutcomeCursor(shard: string, id: string): string {
  return `${shard}.${id}`;
}

/** @returns the id of the shard's stream. @throws PostriderError `outcomes_invalid`. */
export function parseOutcomeCursor(shard: string, cursor: string): string {
  const id = cursor.slice(shard.length + 1);
  if (cursor.startsWith(`${shard}.`) && ID.test(id)) return id;
  throw new PostriderError(
    "outcomes_invalid",
    `after: "${cursor}" is no cursor of outcomes; give one that was handed out, or none`,
    {
      problems: [{ field: "after", message: "is no cursor of outcomes" }],
    },
  );
}

const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** @throws PostriderError `outcomes_invalid`. */
export function checkOutcomeGroup(group: unknown): asserts group is string {
  if (typeof group === "string" && GROUP.test(group)) return;
  const message = "must be 1 to 100 of A-Z a-z 0-9 . _ - and start with a letter or digit";
  throw invalidField("outcomes_invalid", "group", message);
}
