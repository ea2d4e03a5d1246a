// Dead letters by what they have in common, so that a thousand of them read as the three things that went
// wrong.

import { mergeByName } from "@postrider/shared/sums";
import type { DeadLetter } from "./letter.ts";

export const GROUPINGS = ["reason", "destination", "action", "run"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Nobody reads more groups than these; the rest is counted in one. */
export const GROUPS_MAX = 1_000;

export interface DeadLetterGroup {
  /** What they have in common, by the groupings asked for; null where letters have none. */
  readonly of: Readonly<Partial<Record<Grouping, string | null>>>;
  readonly count: number;
  /** The newest one. */
  readonly example: string;
  /** Unix ms. */
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
}

type Growing = { -readonly [K in keyof DeadLetterGroup]: DeadLetterGroup[K] };

export interface Groups {
  /** Takes letters newest first. */
  add(letter: DeadLetter): void;
  /** The largest first. */
  groups(): DeadLetterGroup[];
  /** Letters of further groups. */
  others(): number;
}

export function createGroups(by: readonly Grouping[]): Groups {
  const groups = new Map<string, Growing>();
  let others = 0;
  return {
    add(letter) {
      const of = Object.fromEntries(by.map((grouping) => [grouping, letter[grouping]]));
      const key = JSON.stringify(of);
      const group = groups.get(key);
      if (group !== undefined) {
        group.count += 1;
        group.firstFailedAt = letter.failedAt;
      } else if (groups.size >= GROUPS_MAX) {
        others += 1;
      } else {
        const { failedAt } = letter;
        groups.set(key, {
          of,
          count: 1,
          example: letter.id,
          firstFailedAt: failedAt,
          lastFailedAt: failedAt,
        });
      }
    },
    groups: () => [...groups.values()].sort(largestFirst),
    others: () => others,
  };
}

function largestFirst(one: DeadLetterGroup, other: DeadLetterGroup): number {
  return other.count - one.count || other.lastFailedAt - one.lastFailedAt;
}

/** Those of several shards that have the same in common, as one each; the largest first. */
export function addGroups(all: readonly DeadLetterGroup[]): DeadLetterGroup[] {
  return mergeByName(all, ({ of }) => JSON.stringify(of), addTwo).sort(largestFirst);
}

function addTwo(one: DeadLetterGroup, other: DeadLetterGroup): DeadLetterGroup {
  return {
    of: one.of,
    count: one.count + other.count,
    example: other.lastFailedAt > one.lastFailedAt ? other.example : one.example,
    firstFailedAt: Math.min(one.firstFailedAt, other.firstFailedAt),
    lastFailedAt: Math.max(one.lastFailedAt, other.lastFailedAt),
  };
}
