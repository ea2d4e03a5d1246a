// Looking at what may be missing without failing for it, whatever the action says about missing values.

import type { Context } from "liquidjs";

/** What `look` finds where a missing name is nothing. */
export function withoutStrictness<R>(context: Context, look: () => R): R {
  const inside = context as { strictVariables: boolean };
  const before = inside.strictVariables;
  inside.strictVariables = false;
  try {
    return look();
  } finally {
    inside.strictVariables = before;
  }
}
