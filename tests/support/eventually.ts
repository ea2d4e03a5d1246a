// Waits on a condition, never on a sleep.

const POLL_MS = 20;

/** Retries an assertion until it holds; after `limitMs` its last error is thrown. */
export async function eventually<T>(assertion: () => T | Promise<T>, limitMs = 20_000): Promise<T> {
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
