// What stands in the way of those who read a stream, said in the words of what they read.

import { invalidField, PostriderError } from "@postrider/shared/errors";
import type { Kind } from "./reading-cursor.ts";

/** @param missed null: nobody knows how many. */
export function missedSome(kind: Kind, missed: number | null): PostriderError {
  const what = missed === null ? `Redis has lost ${kind}` : `${missed} ${kind} are gone`;
  const compare = kind === "outcomes" ? ", and hold what you know against the runs' counters" : "";
  return new PostriderError(
    `${kind}_missed`,
    `${what} that this group has not read; read again to go on behind them${compare}`,
  );
}

export function tooManyGroups(kind: Kind): PostriderError {
  return new PostriderError(
    `${kind}_invalid`,
    "group: there are as many groups as there may be; remove one that nobody reads for any more",
  );
}

export function heldGroup(kind: Kind, group: string): PostriderError {
  return new PostriderError(
    `${kind}_held`,
    `another reader reads for the group ${group}; wait until it is gone, or read for a group of your own`,
  );
}

export function unknownGroup(kind: Kind, group: string): PostriderError {
  return new PostriderError(`${kind}_unknown`, `no group "${group}" reads ${kind}`);
}

export function invalidLimit(kind: Kind, max: number): PostriderError {
  return invalidField(`${kind}_invalid`, "limit", `must be a whole number from 1 to ${max}`);
}
