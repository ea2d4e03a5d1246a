// The answers of commands that travelled together.

/** @throws the first error among them; "Connection is closed." where there are none. */
export function readReplies(replies: readonly [error: Error | null, reply: unknown][] | null): unknown[] {
  if (replies === null) throw new Error("Connection is closed.");
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
