// What differs between two JSON documents, by JSON pointers. Pure.

import { toPointer } from "./json-pointer.ts";

export interface Change {
  readonly pointer: string;
  /** Absent: it was not there before. */
  readonly from?: unknown;
  /** Absent: it is not there any more. */
  readonly to?: unknown;
}

/** The smallest parts that differ, in the documents' order. */
export function findChanges(from: unknown, to: unknown, path: readonly PropertyKey[] = []): Change[] {
  if (Object.is(from, to)) return [];
  if (!areAlike(from, to))
    return [
      {
        pointer: toPointer(path),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      },
    ];
  const [before, after] = [from as Members, to as Members];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => findChanges(before[name], after[name], [...path, name]));
}

type Members = Readonly<Record<string, unknown>>;

/** Whether both are objects, or both lists, so that what differs can be told within them. */
function areAlike(from: unknown, to: unknown): boolean {
  const isHolder = (value: unknown): boolean => typeof value === "object" && value !== null;
  return isHolder(from) && isHolder(to) && Array.isArray(from) === Array.isArray(to);
}
