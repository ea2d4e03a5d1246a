// Waiting for something, and not for long.

/** The promise's value, or null when it does not come in time or fails. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    // Whoever asks is told by what it lacks.
    return null;
  } finally {
    clearTimeout(timer);
  }
}
