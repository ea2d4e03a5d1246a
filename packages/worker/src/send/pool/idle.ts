// The connections of one destination that are open and do nothing.

import type { Connection, Group } from "./connection.ts";

/**
 * Connections that do nothing, those that were made first in front. They are taken first, so that those that
 * are too many grow old; the one that has only just answered would be the worst choice.
 */
export function createIdle(discard: (connection: Connection) => void) {
  const idle: Connection[] = [];
  return {
    count: () => idle.length,
    put(connection: Connection): void {
      const before = idle.findLastIndex(({ serial }) => serial < connection.serial);
      idle.splice(before + 1, 0, connection);
    },
    take(group: Group): Connection | null {
      const at = idle.findIndex((connection) => connection.group === group);
      return at === -1 ? null : (idle.splice(at, 1)[0] ?? null);
    },
    closeOne(): boolean {
      const last = idle.pop();
      if (last !== undefined) discard(last);
      return last !== undefined;
    },
    close(group?: Group): void {
      for (const connection of idle.splice(0)) {
        if (group === undefined || connection.group === group) discard(connection);
        else idle.push(connection);
      }
    },
    /** One whose socket has closed; one that is busy is none of these. */
    remove(connection: Connection): void {
      const at = idle.indexOf(connection);
      if (at === -1) return;
      idle.splice(at, 1);
      discard(connection);
    },
  };
}
