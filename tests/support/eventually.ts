// Waits on a condition, never on a sleep. The limits only end what would wait for ever: they say nothing
// about how fast something is.

const POLL_MS = 20;
/** Many times what a quiet machine takes, since others may work on this one as well. */
export const EVENTUALLY_MS = 300_000;

/** Retries an assertion until it holds; after `limitMs` its last error is thrown. */
export async function eventually<T>(assertion: () => T | Promise<T>, limitMs = EVENTUALLY_MS): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
